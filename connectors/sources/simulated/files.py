"""Files: the simulation as lines of JSON, the truth beside them, and the reference rows they need."""

from collections.abc import Callable
from pathlib import Path

from connectors.sources.simulated.cells import encode_cell
from connectors.sources.simulated.city import City
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.reference import reference_rows, write_rows
from connectors.sources.simulated.truth import encode_truth

EVENTS, TRUTH, CELLS = "events.jsonl", "truth.jsonl", "cells.jsonl"


def write_files(diary: Diary, folder: Path, *, city: City, report: Callable[[int], None]) -> None:
    """Writes `events.jsonl` in the order of sending, `truth.jsonl`, `cells.jsonl` and the CSVs; all of it or, interrupted, nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [folder / f".{name}.part" for name in (EVENTS, TRUTH, CELLS)]
    try:
        with parts[0].open("wb") as events, parts[1].open("wb") as truth, parts[2].open("wb") as cells:
            for page in diary.pages():
                events.writelines(message + b"\n" for _, _, message in page.messages)
                truth.writelines(encode_truth(one) + b"\n" for one in page.truths)
                cells.writelines(encode_cell(one) + b"\n" for one in page.cells)
                report(len(page.messages))
        write_rows(reference_rows(city), folder)
        for part, name in zip(parts, (EVENTS, TRUTH, CELLS), strict=True):
            part.replace(folder / name)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)

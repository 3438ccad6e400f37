"""Files: the simulation as lines of JSON, the truth beside them, and the reference rows they need."""

from collections.abc import Callable
from pathlib import Path

from connectors.sources.simulated.city import City
from connectors.sources.simulated.diary import Diary
from connectors.sources.simulated.reference import reference_rows, write_rows
from connectors.sources.simulated.truth import encode_truth

EVENTS, TRUTH = "events.jsonl", "truth.jsonl"


def write_files(diary: Diary, folder: Path, *, city: City, report: Callable[[int], None]) -> None:
    """Writes `events.jsonl` in the order of sending, `truth.jsonl` and the CSVs; all of it or, interrupted, nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [folder / f".{name}.part" for name in (EVENTS, TRUTH)]
    try:
        with parts[0].open("wb") as events, parts[1].open("wb") as truth:
            for page in diary.pages():
                events.writelines(message + b"\n" for _, _, message in page.messages)
                truth.writelines(encode_truth(one) + b"\n" for one in page.truths)
                report(len(page.messages))
        write_rows(reference_rows(city), folder)
        for part, name in zip(parts, (EVENTS, TRUTH), strict=True):
            part.replace(folder / name)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)

"""What the platform must know of the city beforehand, as rows of its reference tables."""

import csv
from collections.abc import Mapping
from pathlib import Path

from connectors.sources.simulated.city import (
    AREAS,
    AUTHORITY,
    AUTHORITY_NAME,
    BUREAU_PRECEDENCE,
    BUREAUS,
    HALL_PRECEDENCE,
    City,
    bureau_source,
    hall_source,
)

Rows = Mapping[str, list[dict[str, str]]]


def reference_rows(city: City) -> Rows:
    """Authority, sources, schedules and units."""
    halls = [(hall_source(area), HALL_PRECEDENCE) for area in AREAS]
    bureaus = [(bureau_source(bureau), BUREAU_PRECEDENCE) for bureau in BUREAUS]
    return {
        "authority": [{"authority": AUTHORITY, "name": AUTHORITY_NAME, "clock": "marked"}],
        "schedule_assignment": [
            {"scope_type": "authority", "scope_code": AUTHORITY, "schedule": "cn"},
            *(
                {"scope_type": "unit", "scope_code": unit.code, "schedule": "every_day"}
                for unit in city.units.values()
                if unit.is_daily
            ),
        ],
        "source": [
            {"source": source, "authority": AUTHORITY, "precedence": str(precedence)}
            for source, precedence in (*halls, *bureaus)
        ],
        "unit": [{"unit_code": unit.code, "name": unit.name, "area_code": unit.area} for unit in city.units.values()],
    }


def write_rows(rows: Rows, folder: Path) -> None:
    """One CSV per table, for `govpulse reference load`."""
    for table, lines in rows.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)

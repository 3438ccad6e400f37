"""The days of simulated construction projects (T28), as the warehouse counts them, are those that were drawn."""

import json
import re
from datetime import date

import psycopg
import pytest

from connectors.admission import Admitted, admit_bytes
from connectors.sources.simulated import diary
from connectors.sources.simulated.plan import Oddities, Plan
from streams.ledger import child_messages
from tests.connectors.simulated_truth import ARRIVED, DOOR, admitted, readings_of, rulebook, run, subjects_of
from tests.dbt.landed import build, land

pytestmark = [pytest.mark.broker, pytest.mark.slow]
PLAN = Plan(6_000, 28, start=date(2025, 4, 1), days=75, oddities=Oddities(overdue=0.3))


def test_the_days_of_projects_are_those_that_were_drawn(database, tmp_path, monkeypatch):
    monkeypatch.setattr(diary, "_PER_PROJECT", 200)
    ran = run(PLAN)
    wanted = {
        key: one["used_workdays"]
        for (_, key), one in ran.truth.items()
        if one.get("matter_code") == "gcxm" and "stopped_at" in one
    }
    assert len(wanted) > 10
    land(database, projects(ran.lines), as_of=ARRIVED)
    build(database, tmp_path, "--select", "+int_bundle_workdays")
    with psycopg.connect(database) as connection:
        found = dict(
            connection.execute("select subject_key, workdays from intermediate.int_bundle_workdays").fetchall()
        )
    assert found == wanted


def projects(lines: list[bytes]) -> list[dict]:
    """What was told of projects and their cases, and what the platform tells the projects of these."""
    told = [line for line in lines if re.search(rb'"subject":"[^"]*-9\d{7}"', line)]
    documents = [
        json.loads(one.value) for line in told if isinstance(one := admit_bytes(DOOR, line, now=ARRIVED), Admitted)
    ]
    readings = readings_of(subjects_of(admitted(told)), ARRIVED, rulebook(PLAN))
    for (family, key), reading in readings.items():
        if family == "case" and reading.child is not None:
            documents += [json.loads(message.value) for message in child_messages(key, None, reading.child, epoch=1)]
    return documents

"""How PostgreSQL goes about the worker's reads in its first minutes, when it has no statistics of the table yet."""

import pytest

from streams.store import _SUBJECTS
from tests.cases import accepted
from tests.streams.log import CASES, engine_on, records

pytestmark = pytest.mark.broker


def test_the_subjects_of_a_poll_are_found_by_their_keys(database):
    engine = engine_on(database)
    engine.apply(CASES, records([accepted("2026-11-20", number=f"n{place}") for place in range(2000)]))
    keys = [f"jdz|n{place}" for place in range(0, 2000, 40)]
    assert len(engine.store.subjects(CASES, keys)) == 50
    query = f"explain {_SUBJECTS} subject_key = any(%s)"
    plan = "\n".join(line for (line,) in engine.store.fetch(query, [CASES.family, CASES.number, keys]))
    assert "using subject_pkey" in plan
    assert "Filter" not in plan, "a partition is read whole"

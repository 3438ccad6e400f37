"""Publishing lines: every line gets a verdict, the rest goes on, a marked authority asks for its mark."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from connectors.kafka import ensure_topics
from connectors.lines import publish_lines
from infra.reference_data import load
from streams import bare
from tests.cases import SOURCE_ROW, accepted, china
from tests.streams.test_worker import ask, run_until

pytestmark = pytest.mark.broker
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_marked_authority_waits_for_its_mark(settings):
    load(
        settings.database,
        {"authority": [{"authority": "old", "name": "x", "clock": "marked"}], "source": [SOURCE_ROW]},
        loaded_by="test",
    )
    ensure_topics(settings)
    line = json.dumps(accepted("2011-10-11", number="a", authority="old", promise=(1, "day"))).encode()
    later = json.dumps(accepted("2011-10-20", number="b", authority="old", promise=(1, "day"))).encode()
    first = publish_lines(settings, [line, b"", later], marks=False, now=NOW)
    assert (first["sent"], first["unmarked"]) == (2, {"old": None})
    second = publish_lines(settings, [line, later], marks=True, now=NOW)
    assert second["unmarked"] == {}
    asyncio.run(
        run_until(
            bare.run,
            settings,
            lambda: ask(settings, "select state from stream.subject") == [("accepted",), ("accepted",)],
        )
    )
    assert ask(settings, "select distinct as_of from stream.clock where authority = 'old'") == [(china("2011-10-20"),)]
    assert ask(settings, "select subject_key from stream.signal where rule_id = 'AR-03'") == [("old|a",)]
    third = publish_lines(settings, [line], marks=False, now=NOW)
    assert third["unmarked"] == {"old": china("2011-10-20").isoformat()}


def test_one_bad_line_does_not_keep_the_others(settings):
    load(settings.database, {"source": [SOURCE_ROW]}, loaded_by="test")
    ensure_topics(settings)
    good = [json.dumps(accepted("2026-11-02", number=f"n{n}")).encode() for n in range(3)]
    outcome = publish_lines(settings, [good[0], b"{", good[1], b"\xff", good[2]], marks=False, now=NOW)
    assert (outcome["sent"], outcome["rejected"]) == (3, 2)
    assert [(one["line"], one.get("code")) for one in outcome["verdicts"]] == [
        (1, None),
        (2, "not_json"),
        (3, None),
        (4, "not_json"),
        (5, None),
    ]

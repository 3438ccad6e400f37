"""metrics and targets on the command line: what is defined, and what people enter."""

import json

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from infra.cli import metrics, targets

pytestmark = pytest.mark.broker


@pytest.fixture
def govpulse(database, monkeypatch):
    """Runs a line of arguments against a fresh database; gives exit code and output."""
    monkeypatch.setenv("GOVPULSE_DATABASE", database)
    monkeypatch.setenv("GOVPULSE_KAFKA", "127.0.0.1:1")
    app = typer.Typer()
    app.callback()(lambda: None)
    metrics.add_to(app)
    targets.add_to(app)

    def run(*line: str):
        return CliRunner().invoke(app, list(line))

    return run


def test_a_metric_is_shown_as_it_is_defined(govpulse):
    shown = json.loads(govpulse("metrics", "on_time_rate", "--json").output)
    assert shown["name"] == "按时办结率"
    assert shown["source"].endswith("优化营商环境条例 36")
    assert shown["figures"] == []
    assert "超期件数" in govpulse("metrics").output


def test_an_unknown_metric_is_answered_with_the_nearest(govpulse):
    done = govpulse("metrics", "on_time")
    assert done.exit_code == 2
    assert "did you mean" in done.output


ENTRY = ("targets", "enter", "T56", "--value", "0.75", "--as-of", "2026-10-31", "--evidence", "minutes 2026-31")


def test_entries_are_versions_with_author_and_evidence(govpulse, database):
    for _ in range(2):
        done = govpulse(*ENTRY, "--json")
        assert done.exit_code == 0, done.output
    assert json.loads(done.output)["version"] == 2
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select target_id, metric_id, value, version, evidence from ops.target_entry"
        ).fetchall()
    assert [(*row[:2], float(row[2]), *row[3:]) for row in sorted(rows)] == [
        ("T56", "cadence_meetings", 0.75, 1, "minutes 2026-31"),
        ("T56", "cadence_meetings", 0.75, 2, "minutes 2026-31"),
    ]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"T56": "T99"}, "target 'T99' is not known"),
        ({"T56": "T14"}, "T14 is not entered by hand"),
        ({"T56": "T13"}, "T13 has several metrics: say --metric collected_rate or --metric connected_rate"),
        ({"0.75": "many"}, "must be a number"),
        ({"0.75": "999999999999.9999999"}, "must be a number below a million million"),
        ({"2026-10-31": "2022-03-06"}, "T56 begins on 2022-03-07; enter one of 2022-03-07 or later"),
        ({"2026-10-31": "0001-01-01"}, "T56 begins on 2022-03-07; enter one of 2022-03-07 or later"),
        ({"T56": "T46", "2026-10-31": "2016-12-31"}, "T46 begins on 2022-03-07; enter one of 2017-01-01 or later"),
        ({"2026-10-31": "2999-01-01"}, "has not come yet"),
        ({"minutes 2026-31": " "}, "cannot be empty"),
    ],
)
def test_what_cannot_be_entered_is_refused_with_the_reason(govpulse, changed, says):
    done = govpulse(*(changed.get(word, word) for word in ENTRY))
    assert done.exit_code != 0
    assert says in " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


def test_what_is_to_be_improved_on_may_be_of_before_the_target_began(govpulse):
    done = govpulse(*({"T56": "T46", "2026-10-31": "2021-06-30"}.get(word, word) for word in ENTRY))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("value", ["95", "-0.1"])
def test_a_rate_lies_between_0_and_1(govpulse, value):
    done = govpulse(
        *(value if word == "0.75" else "T13" if word == "T56" else word for word in ENTRY), "--metric", "connected_rate"
    )
    assert str(done.exception) == (
        f"connected_rate of T13 cannot be {value}: a rate lies between 0 and 1: write 0.95 for 95 %"
    )


def test_targets_need_a_build(govpulse):
    done = govpulse("targets")
    assert "nothing was built yet" in str(done.exception)

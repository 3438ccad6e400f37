"""`govpulse due` by the vectors of the law."""

import json

import pytest
from typer.testing import CliRunner

from infra.cli import app, commands

runner = CliRunner()
if not app.registered_commands:
    commands.add_to(app)


def due(*arguments: str) -> dict:
    found = runner.invoke(app, ["due", *arguments, "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


@pytest.mark.parametrize(
    ("start", "limit", "more", "due_on", "due_at"),
    [
        ("2026-04-01", "10wd", [], "2026-04-16", "2026-04-17T00:00:00+08:00"),
        ("2026-04-01", "10wd", ["--pause", "2026-04-07..2026-04-13"], "2026-04-22", "2026-04-23T00:00:00+08:00"),
        ("2026-04-01", "10wd", ["--pause", "2026-04-07..2026-04-10", "--pause", "2026-04-09..2026-04-13"], "2026-04-22", "2026-04-23T00:00:00+08:00"),
        ("2026-04-15", "20d", [], "2026-05-06", "2026-05-07T00:00:00+08:00"),
        ("2026-01-31", "1mo", [], "2026-02-28", "2026-03-01T00:00:00+08:00"),
        ("2026-11-23T10:00", "1hd", [], "2026-11-23", "2026-11-23T15:30:00+08:00"),
        ("2026-11-23T16:30", "90min", [], "2026-11-24", "2026-11-24T10:00:00+08:00"),
        ("2026-11-23", "onspot", [], "2026-11-23", "2026-11-24T00:00:00+08:00"),
        ("2026-04-03", "5wd", ["--calendar", "every_day"], "2026-04-08", "2026-04-09T00:00:00+08:00"),
    ],
)  # fmt: skip
def test_a_limit_runs_out_when_the_vectors_say(start, limit, more, due_on, due_at):
    found = due("--from", start, "--limit", limit, *more)
    assert (found["due_on"], found["due_at"]) == (due_on, due_at)


def test_each_day_is_counted_or_skipped_with_its_reason():
    found = due("--from", "2026-04-01", "--limit", "10wd", "--pause", "2026-04-07..2026-04-13")
    assert sum(day["counted"] for day in found["days"]) == 10
    reasons = {day["day"]: day["reason"] for day in found["days"]}
    assert "day 0" in reasons["2026-04-01"]
    assert "清明" in reasons["2026-04-06"]
    assert "paused" in reasons["2026-04-10"]
    assert reasons["2026-04-22"].endswith("the last day")


def test_the_first_day_of_a_pause_counts_as_help_says():
    days = due("--from", "2026-04-01", "--limit", "10wd", "--pause", "2026-04-07..2026-04-09")["days"]
    assert {day["day"]: day["counted"] for day in days if "2026-04-07" <= day["day"] <= "2026-04-10"} == {
        "2026-04-07": 1, "2026-04-08": 0, "2026-04-09": 0, "2026-04-10": 1}  # fmt: skip
    days = due("--from", "2026-04-01", "--limit", "25h", "--pause", "2026-04-07..2026-04-08")["days"]
    assert [day["counted"] for day in days if day["day"] in ("2026-04-07", "2026-04-08")] == [0, 330]
    told = runner.invoke(app, ["due", "--help"], terminal_width=200).output
    assert "its first day counts, the others do not" in " ".join(told.replace("│", " ").split())


def test_minutes_are_told_day_by_day_up_to_the_instant_it_runs_out():
    days = due("--from", "2026-04-01T10:30", "--limit", "6h")["days"]
    assert [(day["day"], day["counted"], day["total"]) for day in days] == [
        ("2026-04-01", 300, 300), ("2026-04-02", 60, 360)]  # fmt: skip


def test_a_due_date_without_a_notice_is_marked():
    assert due("--from", "2026-12-30", "--limit", "10wd")["is_provisional"]
    assert not due("--from", "2026-04-01", "--limit", "10wd")["is_provisional"]


@pytest.mark.parametrize(
    ("start", "limit", "said"),
    [
        ("0001-01-01", "10wd", "'0001-01-01': no event is of that year; give one from 1990 to 2099"),
        ("0001-01-01T00:00+14:00", "10wd", "no event is of that year"),
        ("9999-12-31T23:00-08:00", "10wd", "no event is of that year"),
        ("2026-04-01", "0wd", "'0wd' is no limit: one is above 0; write how many workdays, or onspot"),
        ("2026-04-01", "0hd", "'0hd' is no limit"),
        ("2026-04-01", "5onspot", "'5onspot' is no limit: on the spot is the day itself; write onspot"),
    ],
)
def test_what_no_event_and_no_matter_could_have_is_refused(start, limit, said):
    found = runner.invoke(app, ["due", "--from", start, "--limit", limit], terminal_width=200)
    assert (found.exit_code, found.exception.__class__) == (2, SystemExit)
    assert said in found.output

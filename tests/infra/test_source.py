"""source add, rotate, revoke, list: the register from the command line, and what the operator's own doors make of it."""

import json

import pytest

from connectors.kafka import ensure_topics
from connectors.lines import publish_lines
from streams.topics import describe
from tests.cases import document
from tests.connectors.test_publish import NOW
from tests.infra.test_platform import Commands

pytestmark = pytest.mark.broker
HALL = "urn:gov:360200:hall"


@pytest.fixture
def govpulse(settings, tmp_path):
    told = {f"GOVPULSE_{name.upper()}": str(getattr(settings, name)) for name in ("kafka", "database", "topic_prefix")}
    return Commands(tmp_path / "home", GOVPULSE_PSEUDONYM_KEY=settings.pseudonym_key, **told)


def listed(govpulse) -> dict[str, dict]:
    return {row["source"]: row for row in json.loads(govpulse("source", "list", "--json").stdout)}


def test_a_source_is_registered_gets_keys_and_is_shut_out(govpulse, settings):
    limits = ["--families", "case demand", "--areas", "360202", "--zone", "Asia/Shanghai", "--every", "2h"]
    added = govpulse("source", "add", HALL, "--authority", "jdz", *limits, "--json")
    assert added.returncode == 0, added.stderr
    first = json.loads(added.stdout)
    row = listed(govpulse)[HALL]
    assert (row["families"], row["areas"], row["zone"], row["rhythm_minutes"]) == (
        "case demand",
        "360202",
        "Asia/Shanghai",
        120,
    )
    assert [key["key_id"] for key in row["keys"]] == [first["key_id"]]
    topics = {settings.topic("inbox.urn.gov.360200.hall"), settings.topic("rejected.urn.gov.360200.hall")}
    assert {row["inbox"], row["rejected"]} == {first["inbox"], first["rejected"]} == topics
    assert describe(settings, topics).keys() == topics  # made with the source

    # changing what it may tell makes no second key; rotating does, and no key is shown again
    assert "has a key already" in govpulse("source", "add", HALL, "--authority", "jdz", "--families", "all").stdout
    second = govpulse("source", "rotate", HALL, "--grace", "1h").stdout.split()
    assert len(listed(govpulse)[HALL]["keys"]) == 2
    shown = govpulse("source", "list").stdout + govpulse("source", "list", "--json").stdout
    assert first["key"] not in shown
    assert not any(word in shown for word in second if word.startswith("govpulse_"))
    assert govpulse("source", "revoke", HALL, "--key", first["key_id"]).returncode == 0
    assert len(listed(govpulse)[HALL]["keys"]) == 1

    # shut out, it is refused by the operator's own doors, too
    ensure_topics(settings)
    line = json.dumps(document("finished", "2026-11-23", source=HALL)).encode()
    assert publish_lines(settings, [line], marks=False, now=NOW)["sent"] == 1
    assert govpulse("source", "revoke", HALL, "--reason", "leaked").returncode == 0
    assert publish_lines(settings, [line], marks=False, now=NOW)["verdicts"][0]["code"] == "revoked_source"
    assert "shut out since" in govpulse("source", "list").stdout
    assert govpulse("source", "rotate", HALL).returncode == 0
    assert publish_lines(settings, [line], marks=False, now=NOW)["sent"] == 1
    stranger = json.dumps(document("finished", "2026-11-23", source="urn:nobody")).encode()
    assert publish_lines(settings, [stranger], marks=False, now=NOW)["verdicts"][0]["code"] == "unknown_source"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["rotate", "urn:nobody"], 3, "is not registered: 'govpulse source add' does it"),
        (["revoke", "urn:nobody"], 3, "is not registered"),
        (["revoke", HALL, "--key", "x"], 3, "has no key 'x'"),
        (["add", HALL, "--authority", "jdz", "--every", "soon"], 2, "is no stretch of time"),
        (["add", HALL, "--authority", "jdz", "--families", "case dreams"], 3, "'dreams' is not one of"),
        (["add", HALL, "--authority", "jdz", "--families", "case,demand"], 3, "blanks separate several"),
        (
            ["add", "urn:gov hall", "--authority", "jdz"],
            3,
            "source add urn:gov hall, column source: 'urn:gov hall': a URI has no blanks",
        ),
        (["add", HALL, "--authority", "jdz", "--calendar", "mars"], 3, "is not defined; add it to table calendar"),
        (["receipt", HALL, "1"], 1, "nothing of '1' by 'urn:gov:360200:hall' has landed"),
        (["accounts", "urn:nobody"], 3, "source 'urn:nobody' is not registered"),
    ],
)
def test_wrong_use_says_what_to_do(govpulse, arguments, code, message):
    found = govpulse("source", *arguments)
    assert (found.returncode, message in " ".join(found.stderr.split())) == (code, True), found.stderr

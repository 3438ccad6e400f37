"""Within v1 an optional field is added, a limit widened, a code added to an open list; everything else is refused."""

import copy
import json
import re

import pytest
from typer.testing import CliRunner

from infra.contracts import compatibility, promises, released
from infra.contracts.compatibility import V2, Change

TEXT = {"required": False, "nullable": True, "type": "string", "minLength": 2, "maxLength": 64, "default": None}
BEFORE = {
    "envelope": {"subject": {"required": True, "nullable": False, "type": "string", "maxLength": 200}},
    "case.finished.v1": {
        "data": {"type": "object"},
        "data.result": TEXT | {"codes": ["granted", "refused"], "default": "unmapped", "nullable": False},
        "data.reason": TEXT,
        "data.unit": {"required": True, "nullable": False, "enum": ["day", "month"]},
        "data.value": {"required": True, "nullable": False, "type": "integer", "minimum": 0, "maximum": 5000},
        "data.ref": TEXT | {"pattern": "^a$"},
        "data.at": {"required": False, "nullable": True, "type": "string", "format": "date-time", "default": None},
        "data.tags": {"required": False, "nullable": False, "type": "array", "maxItems": 50, "default": []},
        "data.tags[]": {"type": "string", "maxLength": 10},
    },
}
FINISHED = "case.finished.v1"


def differences(change) -> list[Change]:
    after = copy.deepcopy(BEFORE)
    change(after)
    return compatibility.changes(BEFORE, after)


def setting(field, **facts):
    def change(contract):
        contract[FINISHED][field] |= facts

    return change


def dropping(field, word):
    def change(contract):
        del contract[FINISHED][field][word]

    return change


def adding(**fields):
    def change(contract):
        contract[FINISHED] |= {f"data.{name.replace('__', '.')}": facts for name, facts in fields.items()}

    return change


ALLOWED = {
    "the same": (lambda contract: None, []),
    "a new type": (
        lambda contract: contract.update({"case.archived.v1": {"data.by": {"required": True}}}),
        ["case.archived.v1: the type is new"],
    ),
    "an optional field": (adding(note=TEXT), ["data.note: an optional field is new"]),
    "an optional field that must say something": (
        adding(place={"required": False, "type": "object"}, place__name={"required": True, "type": "string"}),
        ["data.place: an optional field is new", "data.place.name: an optional field is new"],
    ),
    "an optional list": (
        adding(kinds={"required": False, "type": "array"}, **{"kinds[]": {"type": "string"}}),
        ["data.kinds: an optional field is new", "data.kinds[]: an optional field is new"],
    ),
    "an optional attribute": (
        lambda contract: contract["envelope"].update(dataref={"required": False}),
        ["envelope dataref: an optional field is new"],
    ),
    "longer text": (setting("data.reason", maxLength=65), ["data.reason: maxLength 64 became 65"]),
    "shorter text": (setting("data.reason", minLength=1), ["data.reason: minLength 2 became 1"]),
    "text of any length": (dropping("data.reason", "maxLength"), ["data.reason: maxLength 64 became none"]),
    "a greater number": (setting("data.value", maximum=9000), ["data.value: maximum 5000 became 9000"]),
    "a smaller number": (setting("data.value", minimum=-1), ["data.value: minimum 0 became -1"]),
    "a longer list": (setting("data.tags", maxItems=51), ["data.tags: maxItems 50 became 51"]),
    "longer entries": (setting("data.tags[]", maxLength=11), ["data.tags[]: maxLength 10 became 11"]),
    "a code": (setting("data.result", codes=["granted", "refused", "void"]), ["data.result: code 'void' is new"]),
    "codes where none were named": (setting("data.reason", codes=["x"]), ["data.reason: code 'x' is new"]),
}
REFUSED = {
    "a type is gone": (lambda contract: contract.pop(FINISHED), f"{FINISHED}: the type is gone; put it back"),
    "a field is gone": (lambda contract: contract[FINISHED].pop("data.reason"), "data.reason: the field is gone; put"),
    "an attribute is gone": (
        lambda contract: contract["envelope"].pop("subject"),
        "envelope subject: the field is gone; put it back, or make it another attribute",
    ),
    "a required field": (
        adding(note={"required": True, "type": "string"}),
        "data.note: a required field is new: what sources send today would be refused; give it a default",
    ),
    "an optional field becomes required": (setting("data.reason", required=True), "required False became True"),
    "a required field becomes optional": (setting("data.value", required=False), "required True became False"),
    "null is no longer taken": (setting("data.reason", nullable=False), "nullable True became False"),
    "null is taken": (setting("data.value", nullable=True), "nullable False became True"),
    "another type": (setting("data.value", type="number"), "type 'integer' became 'number'"),
    "another format": (setting("data.at", format="date"), "format 'date-time' became 'date'"),
    "another pattern": (setting("data.ref", pattern="^b$"), "pattern '^a$' became '^b$'"),
    "no pattern": (dropping("data.ref", "pattern"), "pattern '^a$' became none"),
    "another default": (setting("data.result", default="granted"), "default 'unmapped' became 'granted'"),
    "no default": (dropping("data.reason", "default"), "default None became none"),
    "shorter text": (setting("data.reason", maxLength=63), "maxLength 64 became 63; set it back to 64"),
    "text at least as long": (setting("data.reason", minLength=3), "minLength 2 became 3"),
    "a limit where there was none": (setting("data.at", maxLength=10), "maxLength none became 10; set it back to none"),
    "a smaller number": (setting("data.value", maximum=4999), "maximum 5000 became 4999"),
    "a shorter list": (setting("data.tags", maxItems=49), "maxItems 50 became 49"),
    "a value of a closed list": (
        setting("data.unit", enum=["day", "month", "year"]),
        "enum ['day', 'month'] became ['day', 'month', 'year']",
    ),
    "a closed list is shorter": (setting("data.unit", enum=["day"]), "enum ['day', 'month'] became ['day']"),
    "an open list is closed": (setting("data.result", enum=["granted"]), "enum none became ['granted']"),
    "a code is gone": (setting("data.result", codes=["granted"]), "code 'refused' is gone; put it back"),
}


@pytest.mark.parametrize(("change", "said"), ALLOWED.values(), ids=ALLOWED)
def test_what_breaks_nobody_is_allowed(change, said):
    found = differences(change)
    assert [change.is_allowed for change in found] == [True] * len(said)
    for one, words in zip(found, said, strict=True):
        assert str(one).endswith(words)


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused_by_name_and_with_a_remedy(change, said):
    [found] = differences(change)
    assert not found.is_allowed
    assert said in str(found)
    assert found.type in (FINISHED, "envelope")
    assert V2 in found.remedy or "put it back" in found.remedy or found.type == "envelope"


def test_the_contract_keeps_what_the_last_release_promised():
    last = released.last()
    found = compatibility.changes(last.contract, promises.contract())
    assert [str(change) for change in found if not change.is_allowed] == []


def test_every_field_of_every_type_is_promised():
    contract = promises.contract()
    assert contract["case.accepted.v1"]["data.promise.unit"]["enum"] == [
        "day", "halfday", "hour", "minute", "month", "onspot", "workday",
    ]  # fmt: skip
    assert contract["case.accepted.v1"]["data.matter_code"] == {
        "required": True, "nullable": False, "type": "string", "minLength": 1, "maxLength": 64,
    }  # fmt: skip
    assert "withdrawn" in contract["case.finished.v1"]["data.result"]["codes"]
    assert contract["bundle.opened.v1"]["data.mandatory[]"] == {"type": "string", "minLength": 1, "maxLength": 64}
    assert contract["envelope"]["authority"]["required"] is False


def test_the_greatest_version_is_the_last_and_a_release_never_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(released, "FOLDER", tmp_path)
    assert released.last() is None
    for name in ("0.9.0", "0.10.0", "0.2.0"):
        released.write(name)
    assert released.last().version == "0.10.0"
    assert released.last().contract == promises.contract()
    assert released.write("0.9.0").name == "0.9.0.json"
    (tmp_path / "0.9.0.json").write_text("{}")
    with pytest.raises(released.AlreadyReleased, match=r"raise the version in pyproject\.toml"):
        released.write("0.9.0")


def run(*arguments):
    from infra.cli import app, contracts

    if not app.registered_commands:
        contracts.add_to(app)
        app.command("other")(lambda: None)  # with one verb only, typer would take no verb
    return CliRunner().invoke(app, ["contracts", *arguments])


def test_the_check_ends_with_1_and_names_what_was_broken(tmp_path, monkeypatch):
    broken = promises.contract()
    broken["case.finished.v1"]["data.result"]["maxLength"] = 65
    broken["case.archived.v1"] = {"data": {"type": "object"}}
    (tmp_path / "9.0.0.json").write_text(released.rendered(broken))
    monkeypatch.setattr(released, "FOLDER", tmp_path)
    told = run("--check")
    assert told.exit_code == 1
    assert re.search(r"refused: case.finished.v1 data.result: maxLength 65 became 64; set it back to 65", told.stdout)
    assert "refused: case.archived.v1: the type is gone" in told.stdout
    as_json = json.loads(run("--check", "--json").stdout)
    assert [change["is_allowed"] for change in as_json["changes"]] == [False, False]
    assert as_json["release"] == "9.0.0"
    assert run("--release").exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["9.0.0.json"]


def test_the_check_of_this_tree_ends_with_0():
    told = run("--check")
    assert told.exit_code == 0, told.stdout
    assert run("--check", "--release").exit_code == 2

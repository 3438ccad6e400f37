"""What is written from the event types: valid by public rules, agreed with the door, described, and used as it says."""

import gzip
import inspect
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from msgspec.structs import asdict

from connectors.admission import Admitted, Door, admit_bytes, rejection
from connectors.inbox.answers import Place, answer
from connectors.register import OWN_TYPES
from connectors.sources.simulated.plan import Plan
from infra.contracts import asyncapi, dictionary, examples, glossary, landed, schemas
from infra.contracts.artefacts import SCHEMAS
from infra.warehouse.dbt import PROJECT
from streams import wire
from streams.domain.events import DERIVED, EVENT_TYPES
from streams.ledger import signal_message
from streams.store import SIGNAL_COLUMNS
from tests.connectors.simulated_truth import run
from tests.stories.told import stories

HERE = Path(__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: Rules of the door that JSON Schema cannot say, each with the code by which it refuses.
BEYOND_SCHEMA = {"time_out_of_range", "limit_too_long", "nul_character"}


def committed(name):
    return json.loads((SCHEMAS / f"{name}.v1.json").read_text(encoding="utf-8"))


# ------------------------------------------------------------------ JSON Schema and examples


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_schema_is_one_and_its_own_examples_are_valid(name):
    document = committed(name)
    Draft202012Validator.check_schema(document)
    assert document["examples"]
    for example in document["examples"]:
        assert examples.invalid(name, example) == []
        assert examples.name_of(example) == name


def test_every_example_is_admitted_whole():
    assert list(examples.faults()) == []


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_examples_of_a_type_show_every_field_of_it(name):
    shown = {field for example in examples.examples()[name] for field in example.get("data", {})}
    assert shown == {field.encode_name for field in msgspec.structs.fields(EVENT_TYPES[name])}


def test_an_example_of_now_is_admitted_with_its_instants_moved():
    now = datetime(2027, 3, 1, 10, 0, 0, 123, tzinfo=UTC)
    for name in EVENT_TYPES:
        verdict = examples.admitted(json.loads(examples.of_now(name, now)))
        assert isinstance(verdict, Admitted), (name, verdict)
        assert verdict.event.at == now.replace(microsecond=0)
    told = json.loads(examples.of_now("case.extended", now))
    assert told["data"]["notified_at"] == "2027-03-01T18:30:00+08:00"
    assert told["data"]["value"] == 5


def broken(document):
    """The document with one thing wrong at a time: something left out, of another type, too long, too great, unheard of."""
    for owner, name in places(document):
        value = owner[name]
        wrong = [
            {"x": 1} if not isinstance(value, dict) else 7,
            -1,
            10**18,
            "",
            "x" * 5000,
            f"{value}\n",
            True,
            None,
            [1],
            "2026-11-23",
        ]
        for other in wrong:
            owner[name] = other
            yield f"{name} = {other!r:.40}", document
        del owner[name]
        yield f"without {name}", document
        owner[name] = value


def places(document):
    """Every attribute, and every field of the data, however deep."""
    stack = [document]
    while stack:
        owner = stack.pop()
        stack += [inner for inner in owner.values() if isinstance(inner, dict)]
        yield from ((owner, name) for name in list(owner))


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_schema_and_door_agree_on_what_is_wrong(name):
    validator = Draft202012Validator(committed(name), format_checker=examples._FORMATS)
    for example in examples.examples()[name]:
        for what, document in broken(json.loads(json.dumps(example))):
            verdict = examples.admitted(document)
            is_valid = validator.is_valid(document)
            if isinstance(verdict, Admitted) and (document.get("type") != example["type"] or is_excused(document)):
                continue
            if not isinstance(verdict, Admitted) and verdict.code in BEYOND_SCHEMA:
                continue
            assert is_valid == isinstance(verdict, Admitted), (what, verdict, examples.invalid(name, document))


def is_excused(document):
    """The door passes over what it does not use, and over attributes that are null."""
    passing = {"datacontenttype": "application/json"}
    return any(document.get(name, told) != told for name, told in passing.items()) or None in document.values()


def test_whatever_the_simulated_city_and_the_stories_send_is_valid():
    validators = {
        name: Draft202012Validator(schemas.schema(name), format_checker=examples._FORMATS) for name in EVENT_TYPES
    }
    lines = run(Plan(2000, 4, days=30))[0]
    told = [json.loads(line) for line in lines[::3]] + [event for story in stories() for event in story.events]
    for document in told:
        found = [error.message for error in validators[examples.name_of(document)].iter_errors(document)]
        assert found == [], document
    assert len({examples.name_of(document) for document in told}) > 40


def test_codes_that_our_own_sources_send_are_known():
    lines = run(Plan(6000, 4, days=30))[0]
    unknown = set()
    for document in map(json.loads, lines):
        name = examples.name_of(document)
        for field, value in document.get("data", {}).items():
            known = glossary.codes(name, field)
            if known and isinstance(value, str) and value not in known:
                unknown.add((name, field, value))
    assert unknown == set()


# ------------------------------------------------------------------ AsyncAPI


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load((SCHEMAS.parent / "asyncapi.yaml").read_text(encoding="utf-8"))


def test_the_asyncapi_document_is_valid_by_the_public_schema(document):
    public = json.loads(gzip.decompress((HERE / "asyncapi-3.0.0.json.gz").read_bytes()))
    validator = Draft7Validator(public)
    assert [error.json_path for error in validator.iter_errors(document)] == []
    assert not validator.is_valid(document | {"channels": {"x": {"adress": "x"}}})


def test_every_type_is_on_the_channel_of_its_family_in_both_modes(document):
    for name in EVENT_TYPES:
        channel = document["channels"][f"events.{name.partition('.')[0]}"]
        assert {f"{name}.v1", f"{name}.v1.binary"} <= channel["messages"].keys()
    assert {"signals", "rejected", "inbox", "refused"} <= document["channels"].keys()


def test_every_reference_of_the_asyncapi_document_leads_somewhere(document):
    found = references(document)
    assert len(found) > 400
    for reference in found:
        file, _, pointer = reference.partition("#")
        target = json.loads((SCHEMAS.parent / file).read_text(encoding="utf-8")) if file else document
        for part in filter(None, pointer.split("/")):
            target = target[part]


def references(node):
    match node:
        case dict():
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [one for inner in node.values() for one in references(inner)]
        case list():
            return [one for inner in node for one in references(inner)]
    return []


def test_what_lies_on_the_topics_is_what_the_document_says(document):
    """A message as admitted, structured and binary, with the headers of the binding."""
    for name, told in examples.examples().items():
        admitted = examples.admitted(told[0])
        logged = json.loads(admitted.value)
        assert list(validator_of(document, f"{name}.v1").iter_errors(logged)) == []
        headers = {f"ce_{key}": str(value) for key, value in logged.items() if key != "data"}
        message = document["components"]["messages"][f"{name}.v1.binary"]
        assert list(inline(document, message["headers"]).iter_errors(headers)) == []
        assert list(inline(document, message["payload"]).iter_errors(logged.get("data", {}))) == []
        assert isinstance(
            wire.decode(
                json.dumps(logged.get("data", {})).encode(),
                headers=[(key, value.encode()) for key, value in headers.items()],
            ),
            wire.Event,
        )


def validator_of(document, message):
    return inline(document, document["components"]["messages"][message]["payload"])


def inline(document, schema):
    """A validator with references resolved in place: those of the document, and those to the files beside it."""
    return Draft202012Validator(resolved(schema, document, SCHEMAS.parent), format_checker=examples._FORMATS)


def resolved(node, root, folder):
    match node:
        case {"$ref": str(reference), **rest}:
            file, _, pointer = reference.partition("#")
            target = root = json.loads((folder / file).read_text(encoding="utf-8")) if file else root
            for part in filter(None, pointer.split("/")):
                target = target[part]
            return {"allOf": [resolved(target, root, folder)]} | resolved(rest, root, folder)
        case dict():
            return {
                name: resolved(inner, root, folder) for name, inner in node.items() if name not in ("$defs", "examples")
            }
        case list():
            return [resolved(inner, root, folder) for inner in node]
    return node


def test_signals_and_rejections_are_what_the_document_says(document):
    now = datetime(2026, 11, 24, tzinfo=UTC)
    row = ("case", 0, "key", "AR-03", "red", "jdz|1", "jdz", "promise", "u1", None, now, None, now, now, 7, False)
    signal = json.loads(signal_message(row))
    schema = document["components"]["schemas"]["Signal"]
    assert signal.keys() == schema["properties"].keys() == set(schema["required"])
    assert len(row) == len(SIGNAL_COLUMNS)
    assert list(validator_of(document, "signals").iter_errors(signal)) == []
    door = Door("publish", b"key")
    refused = json.loads(rejection(door, b"{", admit_bytes(door, b"{", now=now), now=now))
    schema = document["components"]["schemas"]["Rejection"]
    assert refused.keys() == set(schema["required"]) == schema["properties"].keys() - {"place"}
    assert list(validator_of(document, "rejected").iter_errors(refused)) == []
    place = Place("inbox.urn.jdz", 0, 17)
    placed = json.loads(rejection(door, b"{", admit_bytes(door, b"{", now=now), now=now, place=asdict(place)))
    assert list(validator_of(document, "rejected").iter_errors(placed)) == []
    answered = json.loads(answer(admit_bytes(door, b"{", now=now), identity="1", size=1, place=place, now=now))
    assert list(validator_of(document, "refused").iter_errors(answered)) == []
    assert list(validator_of(document, "refused").iter_errors(answered | {"place": None})) != []


def test_what_a_source_may_write_into_its_inbox_is_what_the_document_says(document):
    told, binary = validator_of(document, "told"), validator_of(document, "told.binary")
    for name, shown in examples.examples().items():
        for event in shown if name not in OWN_TYPES else ():
            assert told.is_valid(event)
            assert binary.is_valid(event.get("data", {}))
            assert not told.is_valid(event | {"time": "gestern"})


# ------------------------------------------------------------------ words


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_type_says_in_chinese_and_english_what_it_means(name):
    assert re.match(r"[\u4e00-\u9fff、]+: .*[a-z]{3}", inspect.getdoc(EVENT_TYPES[name]))


def described():
    """Every row of fields.csv and codes.csv that a field, attribute, column or message makes use of."""
    for name in EVENT_TYPES:
        for title, definition in schemas.schema(name)["$defs"].items():
            owner = name if title == EVENT_TYPES[name].__name__ else title
            yield from ((owner, field) for field in definition["properties"])
    yield from (("@", field) for field in (*schemas.attributes()[0], *schemas.attributes(as_logged=True)[0], "data"))
    yield from (("raw.event", column) for column in landed.COLUMNS)
    for topic, (struct, _) in asyncapi.DERIVED.items():
        yield from ((topic, field) for field in struct.__struct_fields__)
    yield from (("Place", field) for field in Place.__struct_fields__)


def test_every_field_is_described_once_in_both_languages_and_nothing_else_is():
    assert {glossary.key_of(*place) for place in described()} == glossary.fields().keys()
    for meaning in glossary.fields().values():
        assert CHINESE.search(meaning.zh)
        assert not CHINESE.search(re.sub(r"\([^)]*\)", "", meaning.en))
        assert meaning.en


def test_every_code_belongs_to_a_field_and_every_closed_list_has_its_words():
    used = {key for owner, name in described() for key in (f"{owner}.{name}", f"@{name}", name)}
    assert glossary.code_lists().keys() <= used
    for name in EVENT_TYPES:
        for definition in schemas.schema(name)["$defs"].values():
            for field, given in definition["properties"].items():
                for one in (given, *given.get("anyOf", ())):
                    assert set(one.get("enum", ())) <= given.get("x-codes", {}).keys(), (name, field)


def test_only_references_to_persons_are_made_pseudonyms():
    """The door goes by the name of a field, the schema by its type: they must mean the same fields."""
    for name in EVENT_TYPES:
        for definition in schemas.schema(name)["$defs"].values():
            for field, given in definition["properties"].items():
                patterns = [one.get("pattern") for one in (given, *given.get("anyOf", ()))]
                assert (schemas._PERSON in patterns) == (field == "ref" or field.endswith("_ref")), (name, field)


def test_the_dictionary_has_every_family_type_and_field():
    page = dictionary.render()
    for name, struct in EVENT_TYPES.items():
        section = page.partition(f"### {name}\n")[2].partition("\n### ")[0]
        for field in msgspec.structs.fields(struct):
            assert f"| `{field.encode_name}` |" in section, (name, field.encode_name)


# ------------------------------------------------------------------ the warehouse


def sql():
    return "\n".join(path.read_text(encoding="utf-8") for path in PROJECT.rglob("*.sql") if "target" not in path.parts)


def test_the_warehouse_reads_only_types_and_fields_of_the_contract():
    """A field that no type has is null for ever, and a figure made from it is wrong in silence."""
    families = "|".join({name.partition(".")[0] for name in EVENT_TYPES})
    read = set(re.findall(rf"'((?:{families})\.[a-z_]+)'", sql()))
    assert read - EVENT_TYPES.keys() - DERIVED == set()
    fields = set(re.findall(r"\bdata ->>? '([a-z_]+)'", sql()))
    known = {field for _, field in described()}
    assert len(fields) > 30
    assert fields - known == set()


def test_the_columns_of_the_landed_source_are_those_of_the_table():
    migration = (PROJECT.parent / "infra/database/sql/20_raw.sql").read_text(encoding="utf-8")
    table = migration.partition("create table raw.event (")[2].partition("primary key")[0]
    columns = re.findall(r'^    "?([a-z_]+)"? +[a-z]', table, re.MULTILINE)
    assert tuple(columns) == landed.COLUMNS
    [source] = yaml.safe_load(landed.PATH.read_text(encoding="utf-8"))["sources"]
    [event] = [table for table in source["tables"] if table["name"] == "event"]
    types = event["config"]["meta"]["event_types"]
    assert [name for names in types.values() for name in names] == list(EVENT_TYPES)

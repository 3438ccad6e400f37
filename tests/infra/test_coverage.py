"""Every target and every rule is computable from named fields, entered by hand, or out of scope for a reason."""

import re
from pathlib import Path

import pytest

from infra.contracts import artefacts, coverage, definitions, metrics
from infra.contracts.definitions import shipped
from infra.reference_data.goals import ENVELOPE, fields_of
from streams.domain import statements
from streams.domain.events import DERIVED, EVENT_TYPES

REMEDY = "write it again: govpulse contracts"


def test_the_pages_are_fresh():
    assert coverage.PATH.read_text(encoding="utf-8") == coverage.render(), REMEDY
    assert metrics.PATH.read_text(encoding="utf-8") == metrics.render(), REMEDY
    assert definitions.PATH.read_text(encoding="utf-8") == definitions.block(shipped("metric")), REMEDY


def test_a_figure_has_one_definition_in_the_page_and_in_the_comment_of_its_column():
    page, comment = (path.read_text(encoding="utf-8").splitlines() for path in (metrics.PATH, definitions.PATH))
    for row in shipped("metric"):
        told = [row[column] for column in ("formula", "formula_en", "cohort", "exclusions", "source", "note")]
        shown = [line for line in page if line.startswith(f"| {row['metric_id']} |")]
        if row["computed"] in ("live", "warehouse"):
            shown += [line for line in comment if line.startswith(f"{row['metric_id']}: ")]
            assert len(shown) == 2, row["metric_id"]
        assert [part for line in shown for part in told if part not in line] == [], row["metric_id"]


def test_a_definition_that_changed_is_stale_in_the_page_and_in_the_comment(monkeypatch):
    changed = [row | {"exclusions": "void"} if row["metric_id"] == "cases" else row for row in shipped("metric")]
    for module in (metrics, artefacts):
        monkeypatch.setattr(module, "shipped", lambda name: changed)
    found = {one.path for one in artefacts.stale(artefacts.artefacts())}
    assert found == {"docs/metrics.md", "dbt_project/models/marts/metrics.md"}


def test_every_cohort_and_exclusion_is_explained():
    told = {
        column: {word for row in shipped("metric") for word in row[column].split()}
        for column in ("cohort", "exclusions")
    }
    assert told == {"cohort": set(metrics.COHORTS), "exclusions": set(metrics.EXCLUSIONS)}


def test_all_63_targets_are_there_and_the_province_beside_the_city():
    named = {row["target_id"] for row in shipped("target")}
    assert named == {f"T{number:02}" for number in range(1, 64)}
    opening = {
        (row["issuer"], row["metric_id"], row["value"]) for row in shipped("target") if row["target_id"] == "T04"
    }
    assert {("city", "opening_halfday_rate", "1"), ("province", "opening_oneday_rate", "1")} <= opening


#: Targets whose text says how many, or by when (domain §1.1); of the others a word must.
_NUMBERED = {"T01", "T02", "T03", "T04", "T05", "T14", "T15", "T16", "T23", "T45", "T46", "T56", "T57", "T61"}


def test_a_number_that_the_text_does_not_give_stands_on_a_word_of_it():
    """全覆盖 is all, 零收费 none; 推行, 健全, 及时 are no number: such a target is one of direction (domain §1.2)."""
    for row in shipped("target"):
        if row["value"] and row["target_id"] not in _NUMBERED:
            words = re.findall("“(.+?)”", row["note"])
            assert words, row["target_id"]
            assert [word for word in words if word not in row["quotation"]] == [], row["target_id"]


@pytest.mark.parametrize("target", ["T20", "T22", "T24", "T26", "T33", "T38", "T41", "T49", "T50", "T52", "T53", "T59"])
def test_nobody_misses_a_number_that_nobody_set(target):
    rows = [row for row in shipped("target") if row["target_id"] == target]
    assert {(row["comparator"], row["value"]) for row in rows} == {("improves", "")}
    assert any("未定数" in row["note"] for row in rows)


def test_every_target_reads_named_fields_or_says_why_not():
    for target, target_class, metric, how, reads in coverage.targets():
        if how.startswith("计算"):
            assert reads or metric == "snapshot_rate", target
        else:
            assert how.partition(": ")[2], target
        assert (target_class == "X") == (metric == ""), target


def test_every_rule_reads_named_fields():
    rules = coverage.rules()
    assert [rule for rule, *_ in rules] == [f"AR-{number:02}" for number in range(1, 23)]
    assert [rule for rule, _, _, reads in rules if not reads] == []


def _named_in_the_code():
    """The event types that the reading, the warehouse or the catalogue's follower name."""
    root = Path(__file__).parents[2]
    read = [*(root / "streams" / "domain").rglob("*.py"), *(root / "dbt_project" / "models").rglob("*.sql")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*read, root / "infra/reference_data/catalogue.py"])
    return set(re.findall(r"""["']([a-z]+\.[a-z_]+)["']""", code)) & EVENT_TYPES.keys()


def test_what_the_code_reads_is_not_said_to_be_kept_only():
    readers = coverage.readers()
    assert {name for name in _named_in_the_code() if not readers[name]} == set()
    assert {name for name in EVENT_TYPES if not readers[name]} == {
        "case.pre_reviewed",
        "case.notice_started",
        "case.notice_ended",
    }


def test_every_moment_that_nobody_tells_follows_from_something():
    assert coverage.FOLLOWS_FROM.keys() == DERIVED


def test_a_state_is_moved_by_what_the_code_names():
    assert coverage.STATES.keys() <= _named_in_the_code()


def test_the_rules_of_procedure_read_what_their_code_looks_at():
    told = {rule: {coverage.event_type(word) for word in reads.split()} for rule, reads in coverage.PROCEDURE.items()}
    assert {rule for rule, *_ in statements.RULES} == told.keys()
    assert {rule: types - told[rule] for rule, types, _ in statements.RULES if types - told[rule]} == {}
    assert statements.TYPES - set().union(*told.values()) == set()


def test_what_is_read_is_in_the_contract():
    told = [reads for *_, reads in (*coverage.targets(), *coverage.rules())] + [
        row["reads"] for row in shipped("metric")
    ]
    for word in {word for reads in told for word in reads.split()}:
        event_type, _, field = word.removeprefix(f"{coverage.event_type(word)}.").rpartition(".")
        assert coverage.event_type(word) in {*EVENT_TYPES, *ENVELOPE}, word
        if word != coverage.event_type(word):
            assert field in fields_of(coverage.event_type(word)), word
        assert event_type == "" or word == coverage.event_type(word), word


def test_quotations_are_the_words_of_the_policy(shared):
    policy = (shared / "reference" / "policy-jingdezhen-2022-4.txt").read_text(encoding="utf-8")
    for row in shipped("target"):
        if row["issuer"] == "city":
            assert [part for part in row["quotation"].split("…") if part not in policy] == [], row["target_id"]


def test_nothing_computed_is_left_without_sql_and_nothing_else_has_any():
    from infra.warehouse.dbt import PROJECT

    sql = "\n".join(
        path.read_text(encoding="utf-8") for path in (PROJECT / "models" / "intermediate").glob("int_metric_*.sql")
    )
    computed = {row["metric_id"] for row in shipped("metric") if f"'{row['metric_id']}'" in sql}
    assert computed == {row["metric_id"] for row in shipped("metric") if row["computed"] in ("live", "warehouse")}


@pytest.mark.broker
def test_a_target_without_its_metric_is_refused_with_its_place_and_remedy(database):
    from infra.reference_data import InvalidRows, load

    row = shipped("target")[3] | {"metric_id": "opening_halfday"}
    with pytest.raises(
        InvalidRows,
        match=r"target.csv row \d+, column metric_id: 'opening_halfday': target T04 has no such metric; .*'opening_halfday_rate'\?",
    ):
        load(database, {"target": [row]}, loaded_by="test")


@pytest.mark.broker
def test_targets_and_metrics_change_no_reading(database):
    from infra.reference_data import load

    row = shipped("target")[3] | {"value": "0.99"}
    assert not load(database, {"target": [row]}, loaded_by="test").recomputes

"""The dbt project as a whole: what YAML typos and habits would break silently."""

import json
import re

import pytest

from infra.warehouse.dbt import PROJECT, Dbt
from streams.settings import Settings

PROMISED = {
    "cases": "case_key authority project_no sources bundle_key matter_code matter_name unit_code area_code reporting_unit case_type"
    " channel applied_at received_at accepted_at is_deemed_accepted decided_at finished_at delivered_at result state exclusion_reason"
    " is_reopened is_deleted promise_value promise_unit promise_due_at promise_due_on statutory_value statutory_unit statutory_due_at"
    " statutory_due_on is_provisional_due gross_workdays paused_workdays used_workdays used_minutes wall_seconds net_seconds is_on_time"
    " is_overdue is_past_statutory promise_compression actual_compression correction_rounds pause_count visit_count is_online"
    " calendar_version rulebook_version as_of first_ingested_at last_ingested_at",
    "case_events": "event_key source id case_key record_key event_type event_at ingested_at data_version verdict is_current body",
    "case_spans": "case_key clock_id span_no kind started_at ended_at workdays minutes reason legal_basis",
    "clocks": "family subject_key clock_id started_at stopped_at due_at due_on used_minutes used_workdays remaining_minutes share_used"
    " state as_of",
    "signals": "signal_key rule_id level family subject_key clock_id unit_code matter_code since until due_at as_of",
    "findings": "finding_key rule_id source subject_key event_key code detail since until",
    "metrics": "metric_id scope_type scope_code period_type period_start cohort numerator denominator value interval_low interval_high"
    " calendar_version as_of sources_missing",
    "targets": "target_id issuer scope_type scope_code quotation metric_id comparator target_value deadline value_at_deadline"
    " state_at_deadline value_now state_now denominator as_of entered_by evidence",
    "source_accounts": "source day received accepted duplicate conflict rejected dead_lettered pending first_event_at last_event_at"
    " p95_lateness_seconds",
    "matters": "matter_code valid_from valid_to known_from known_to",
    "work_calendar": "calendar day is_workday",
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    home = tmp_path_factory.mktemp("dbt")
    Dbt(Settings(home=home, database="postgresql://u:p@127.0.0.1:1/x"), "none").parse()
    return json.loads((home / "dbt" / "target" / "manifest.json").read_text())


def models(manifest):
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def test_every_promised_table_and_column_is_there_under_contract(manifest):
    for name, columns in PROMISED.items():
        model = models(manifest)[name]
        assert model["schema"] == "marts"
        assert model["config"]["contract"]["enforced"]
        assert set(columns.split()) <= model["columns"].keys(), name


def test_every_public_column_is_explained_in_chinese_and_english(manifest):
    for name in PROMISED:
        model = models(manifest)[name]
        for text in (model["description"], *(column["description"] for column in model["columns"].values())):
            assert re.search(r"[\u4e00-\u9fff].* · [A-Za-z(]", text), (name, text)


def test_public_tables_keep_their_identity(manifest):
    for name in PROMISED:
        config = models(manifest)[name]["config"]
        assert config["materialized"] == "incremental"
        assert config["full_refresh"] is False


def test_staging_reads_one_source_and_never_joins(manifest):
    for name, model in models(manifest).items():
        code = model["raw_code"]
        if model["schema"] == "staging":
            assert len(model["sources"]) + len(model["refs"]) == 1, name
            assert " join " not in code, name


def test_the_warehouse_never_reads_the_streams_results(manifest):
    sources = {source["schema"] for source in manifest["sources"].values()}
    assert sources == {"raw", "reference", "ops"}
    for name, model in models(manifest).items():
        assert "stream." not in model["raw_code"], name


def test_every_model_says_what_a_row_is(manifest):
    for name, model in models(manifest).items():
        assert re.match(r"-- (One row per|.*)", model["raw_code"]), name
        assert model["raw_code"].startswith("-- One row per") or model["schema"] == "marts", name


def test_every_candidate_has_a_key_test(manifest):
    tested = {
        node["attached_node"].split(".")[-1]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node.get("test_metadata", {})
        and node["test_metadata"]["name"] in ("unique", "unique_key")
    }
    assert {f"candidate_{name}" for name in PROMISED} <= tested


def test_no_model_is_named_in_yaml_only(manifest):
    """A typo in a YAML file is silent: its tests and descriptions hang on nothing."""
    named = set()
    for path in (PROJECT / "models").rglob("*.yml"):
        named |= set(re.findall(r"^  - name: (\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE))
    units = {node["name"] for node in manifest["unit_tests"].values()}
    sources = {source["source_name"] for source in manifest["sources"].values()}
    assert named <= models(manifest).keys() | sources | units

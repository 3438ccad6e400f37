"""The coverage matrix: every target and every rule, by which events, fields and metrics it is known. Writes docs/coverage.md."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.contracts.definitions import shipped
from infra.reference_data.goals import ENVELOPE, fields_of
from streams.domain.clock_rules import FOLLOWING, parse_conditions
from streams.domain.events import EVENT_TYPES, FAMILIES

PATH = Path(__file__).parents[2] / "docs" / "coverage.md"
RULES = tuple(f"AR-{number:02}" for number in range(1, 23))
#: Rules over many subjects; a job reads them, no single subject does.
AGGREGATES = {
    "AR-17": "@ingesttime case.accepted case.finished",
    "AR-18": "@ingesttime source.heartbeat",
    "AR-19": "case.accepted.promise case.finished.result",
}
#: Rules that are about a source as a whole, too.
ALSO_OF_SOURCES = {"AR-16": "; 来源隔离 and quarantine of a source, on a schedule"}
#: The two clocks of a case that clock_rule.csv only names: a case is read by the law, not by a row.
CORE = {
    "promise": "case.accepted.promise case.accepted.promise_due_at case.decided case.finished case.special_started"
    " case.special_ended case.reopened",
    "statutory": "case.accepted.statutory case.accepted.statutory_due_at case.extended case.decided case.finished"
    " case.special_started case.special_ended case.reopened",
}
#: What else says that a clock that follows another one runs.
ALSO_READ = {"consent": "catalogue.matter_changed.is_deemed_consent"}
#: What a moment follows from that nobody tells.
FOLLOWS_FROM = {
    "bundle.begun": "bundle.opened.mandatory bundle.child_changed.accepted_at",
    "bundle.completed": "bundle.opened.mandatory bundle.child_changed.finished_at bundle.child_changed.result",
    "case.deemed_accepted": "case.received",
    "payout.settled": "payout.approved.amount payout.paid.amount payout.rejected",
    "ledger.ended": "ledger.closed ledger.reopened ledger.verified.by_ref ledger.explained.by_ref ledger.rectified.by_ref",
}
#: Rules of procedure, which have no clock.
PROCEDURE = {
    "AR-08": "case.special_started.basis case.special_started.notified_at case.special_started.kind",
    "AR-10": "case.correction_requested.round",
    "AR-12": "case.not_accepted.reason case.finished.result case.finished.reason case.decided.decision case.decided.reason"
    " case.reason_published",
    "AR-13": "case.fee_charged.amount case.material_received.is_in_guide case.reason_published",
    "AR-16": "@time case.accepted.matter_code case.accepted.applicant case.accepted.promise case.accepted.statutory"
    " case.finished case.step_started case.step_completed demand.registered.uscc payout.eligible.uscc"
    " payout.applied.uscc intermediary.selected.uscc intermediary.contract_signed.promise",
}
#: What else moves a subject or the tables it is read by, where no metric, rule or clock names it.
STATES = {
    "case.transferred": "办理单位 unit of the case, child of a bundle",
    "bundle.closed": "一件事状态 state and end of the bundle",
    "payout.reviewed": "兑现状态 state of the payout",
    "catalogue.unit_changed": "机构表 table unit (reference follow)",
    "source.clock_advanced": "时间标记 time of a marked authority",
}
INTRODUCTION = (
    "Written by `govpulse contracts` from target.csv, metric.csv, alert_rule.csv, clock_rule.csv and the"
    " event types; a test proves it fresh. `case.rated` is the instant of the event, `case.rated.level` a field,"
    " `@ingesttime` an attribute of the envelope."
)
HOW = {
    "live": "计算 computed, live and in the warehouse",
    "warehouse": "计算 computed in the warehouse",
    "by_hand": "填报 by_hand",
    "out_of_scope": "不在范围 out of scope",
}


def targets() -> list[tuple[str, str, str, str, str]]:
    """One row per target, issuer and metric: target, class, metric, how, and what it reads."""
    metrics = {row["metric_id"]: row for row in shipped("metric")}
    rows = []
    for row in shipped("target"):
        name = row["target_id"] if row["issuer"] == "city" else f"{row['target_id']} ({row['issuer']})"
        metric = metrics.get(row["metric_id"])
        if metric is None:
            rows.append((name, row["class"], "", f"{HOW['out_of_scope']}: {row['note']}", ""))
            continue
        reason = f": {metric['note'] or row['note']}" if metric["computed"] in ("by_hand", "out_of_scope") else ""
        rows.append((name, row["class"], metric["metric_id"], HOW[metric["computed"]] + reason, metric["reads"]))
    return list(dict.fromkeys(rows))


def rules() -> list[tuple[str, str, str, str]]:
    """One row per rule: rule, name, how, and what it reads."""
    given: dict[str, list[Mapping[str, str]]] = {}
    for row in shipped("alert_rule"):
        given.setdefault(row["rule_id"], []).append(row)
    clocks = shipped("clock_rule")
    rows = []
    for rule in RULES:
        levels = given.get(rule, [])
        name = levels[0]["name"] if levels else ""
        if rule in AGGREGATES:
            rows.append((rule, name, "汇总, 定时 aggregates, on a schedule", AGGREGATES[rule]))
            continue
        watched = list(dict.fromkeys(level["clock_id"] for level in levels if level["clock_id"]))
        reads = _words([PROCEDURE.get(rule, ""), *(_clock_reads(clock, clocks) for clock in watched)])
        how = f"计时 clock {', '.join(watched)}" if watched else "程序 procedure of one case"
        rows.append((rule, name, how + ALSO_OF_SOURCES.get(rule, ""), reads))
    return rows


def _clock_reads(clock_id: str, clocks: Iterable[Mapping[str, str]]) -> str:
    """The statements that start, stop and limit a clock, and the fields they are read by."""
    words = [CORE.get(FOLLOWING.get(clock_id, clock_id), ""), ALSO_READ.get(clock_id, "")]
    for row in clocks:
        if row["clock_id"] == clock_id:
            words += [row["start"], row["restart"], row["stop"], row["ended_by"], row["void"], row["cleared_by"]]
            words += [f"{start}.{field}" for start in row["start"].split() for field in _fields(row, start)]
            conditions = parse_conditions(row["ended_when"])
            words += [f"{end}.{condition.field}" for end in row["ended_by"].split() for condition in conditions]
            words += ["case.reopened"] if row["pauses"] == "reopening" else []
    return _words(words)


def _fields(row: Mapping[str, str], event_type: str) -> list[str]:
    conditions = [condition.field for condition in parse_conditions(row["start_when"])]
    return [
        field
        for field in (row["limit_field"], row["each"], *conditions)
        if event_type in EVENT_TYPES and field in fields_of(event_type)
    ]


def _words(texts: Iterable[str]) -> str:
    words = [word for text in texts for word in text.split()]
    return " ".join(dict.fromkeys(told for word in words for told in FOLLOWS_FROM.get(word, word).split()))


def readers() -> dict[str, list[str]]:
    """Event type or envelope attribute → who reads it: metrics, rules, clocks, then states."""
    found: dict[str, list[str]] = {name: [] for name in (*ENVELOPE, *EVENT_TYPES)}
    told = [(row["metric_id"], row["reads"]) for row in shipped("metric")]
    told += [(rule, reads) for rule, _, _, reads in rules()]
    told += [(f"clock {clock}", reads) for clock, reads in clocks()]
    told += [(state, name) for name, state in STATES.items()]
    for who, reads in told:
        for name in dict.fromkeys(event_type(word) for word in reads.split()):
            if name in found:
                found[name].append(who)
    return found


def clocks() -> list[tuple[str, str]]:
    """One row per clock: its id, and the statements and fields it is read by."""
    rows = shipped("clock_rule")
    return [(clock, _clock_reads(clock, rows)) for clock in dict.fromkeys(row["clock_id"] for row in rows)]


def event_type(word: str) -> str:
    """`case.rated.level` → `case.rated`; envelope attributes stand alone."""
    return word if word.startswith("@") else ".".join(word.split(".")[:2])


def render() -> str:
    """The page."""
    lines = [
        "# What is covered",
        "",
        INTRODUCTION,
        "",
        "## 目标 · targets",
        "",
        *table(("target", "class", "metric", "how", "reads"), targets()),
        "",
        "## 规则 · rules",
        "",
        *table(("rule", "名称", "how", "reads"), rules()),
        "",
        "## 事件 · event types, their fields, and what is made of them",
        "",
    ]
    made = readers()
    for family, types in FAMILIES.items():
        rows = [
            (
                name := f"{family}.{short}",
                " ".join(fields_of(name)),
                ", ".join(made[name]) or "kept, not counted · 留存不计",
            )
            for short, _ in types
        ]
        lines += [f"### {family}", "", *table(("event type", "fields", "metrics, rules, clocks, states"), rows), ""]
    rows = [(name, "", ", ".join(made[name])) for name in ENVELOPE]
    return "\n".join(
        [*lines, "### envelope", "", *table(("attribute", "", "metrics, rules, clocks, states"), rows), ""]
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    cells = [head, ("---",) * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells]

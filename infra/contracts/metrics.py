"""The metrics, each with its one definition: formula, cohort, exclusions, source, where it is computed. Writes docs/metrics.md."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.contracts.coverage import HOW, table
from infra.contracts.definitions import shipped

PATH = Path(__file__).parents[2] / "docs" / "metrics.md"
INTRODUCTION = (
    "Written by `govpulse contracts` from metric.csv; a test proves it fresh. The same definitions are the comment of"
    " `marts.metrics.metric_id` and the answer of `govpulse metrics METRIC`. What reads which event: [coverage](coverage.md)."
)
COHORTS = {
    "accepted": "周期内受理(登记、申报、开办) · begun in the period",
    "finished": "周期内办结 · ended in the period",
    "standing": "周期末的状况 · as it stood at the period's end",
    "told": "周期内所报 · told in the period",
}
EXCLUSIONS = {
    "withdrawn": "撤回 · withdrawn",
    "returned": "退件 · returned",
    "void": "作废 · void",
    "deleted": "删除 · deleted",
    "forwarded": "转报 · forwarded",
    "not_accepted": "不予受理 · not accepted",
    "no_limit": "无法定时限 · without a statutory limit",
    "no_promise": "无承诺时限 · without a promise",
    "no_applicant": "申请人不明 · of an applicant who was never told",
    "no_steps": "未报环节 · without a completed step",
    "no_published_steps": "事项未公布环节 · of a matter without published steps",
    "unmapped": "代码无法识别 · of a code that is on no list",
    "consultation": "咨询 · consultations",
    "complaint": "投诉 · complaints",
    "replayed": "重放或模拟的编号机构 · of an authority that is replayed or simulated",
}


def render() -> str:
    """The page."""
    return "\n".join(
        [
            "# How every figure is made",
            "",
            INTRODUCTION,
            "",
            "## 指标 · metrics",
            "",
            *table(("metric", "指标", "formula", "cohort", "exclusions", "source", "computed", "note"), rows(shipped("metric"))),
            "",
            "## 口径 · cohorts",
            "",
            *table(("cohort", "meaning"), COHORTS.items()),
            "",
            "## 不计 · exclusions",
            "",
            *table(("word", "what is left out"), EXCLUSIONS.items()),
            "",
        ]
    )  # fmt: skip


def rows(metrics: Iterable[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """One row per metric, its cells as metric.csv has them."""
    return [
        (
            row["metric_id"],
            f"{row['name']} · {row['name_en']}",
            f"{row['formula']} · {row['formula_en']}",
            row["cohort"],
            row["exclusions"],
            row["source"],
            HOW[row["computed"]],
            row["note"],
        )
        for row in metrics
    ]

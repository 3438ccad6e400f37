"""The definitions of metrics as a documentation block of dbt: the comment of a column, from the one source."""

import csv
from collections.abc import Iterable, Mapping

from infra.reference_data.tables import SHIPPED
from infra.warehouse.dbt import PROJECT

PATH = PROJECT / "models" / "marts" / "metrics.md"
#: Columns of metric.csv that complete a formula → their label.
LABELS = {
    "cohort": "口径 cohort:",
    "exclusions": "不计 without:",
    "source": "来源 source:",
    "computed": "计算 computed:",
    "note": "注 note:",
}


def shipped(name: str) -> list[dict[str, str]]:
    """The rows of a shipped table, as text."""
    with (SHIPPED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def block(metrics: Iterable[Mapping[str, str]]) -> str:
    """The block `metric_definitions`: one line per metric that is computed."""
    lines = [definition(row) for row in metrics if row["computed"] in ("live", "warehouse")]
    return "\n".join(
        [
            "{# Written from infra/reference/metric.csv by 'govpulse contracts'. #}",
            "{% docs metric_definitions %}",
            "指标 · metric",
            *lines,
            "{% enddocs %}",
            "",
        ]
    )


def definition(row: Mapping[str, str]) -> str:
    """All that makes a figure, in one line: formula, cohort, what is left out, source, where it is computed, note."""
    formula = f"{row['metric_id']}: {row['name']} = {row['formula']} · {row['name_en']} = {row['formula_en']}"
    facts = [f"{label} {row[column]}" for column, label in LABELS.items() if row[column]]
    return " | ".join([formula, *facts])

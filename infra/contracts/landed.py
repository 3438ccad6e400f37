"""The source `raw` of dbt: what landing writes, column by column, and the event types that may lie in it."""

from typing import Any

import yaml

from infra.contracts import glossary
from infra.warehouse.dbt import PROJECT
from streams.domain.events import FAMILIES

PATH = PROJECT / "models" / "staging" / "raw.yml"
#: The columns of raw.event, in the order of the table (infra/database/sql/20_raw.sql).
COLUMNS = (
    "topic", "partition", "offset", "arrived_at", "verdict", "reason", "source", "id", "type", "family", "authority",
    "subject", "subject_key", "event_at", "record_key", "data_version", "operation", "recorded_at", "sequence",
    "body_hash", "data", "ingested_at", "door", "replay_of", "is_superseded",
)  # fmt: skip


def render() -> str:
    """The file: comments of the columns, and the contract's types as `meta`."""
    event: dict[str, Any] = {
        "name": "event",
        "description": "每行为事件主题上的一条消息(时间标记除外)· one row per message on the event topics, marks excepted",
        "config": {
            "meta": {
                "event_types": {family: [f"{family}.{name}" for name, _ in types] for family, types in FAMILIES.items()}
            }
        },
        "columns": [{"name": name, "description": str(glossary.meaning("raw.event", name))} for name in COLUMNS],
    }
    position = {"name": "position", "description": "落地位点 · how far landing has come"}
    source = {"name": "raw", "schema": "raw", "tables": [event, position]}
    body = yaml.safe_dump({"version": 2, "sources": [source]}, sort_keys=False, allow_unicode=True, width=120)
    return f"# Written by 'govpulse contracts' from the event types and infra/contracts/fields.csv.\n{body}"

"""The source `raw` of dbt: what landing writes, column by column, and the event types that may lie in it."""

import json

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


TABLE = "每行为事件主题上的一条消息(时间标记除外) · one row per message on the event topics, marks excepted"
POSITION = "落地位点 · how far landing has come"
RECEIVED = (
    "每行为入口收下或拒收的一条记录及其结果 · one row per record that a door took in or refused, with what became of it"
)


def render() -> str:
    """The file: comments of the columns, and the contract's types as `meta`."""
    types = [
        f"              {family}: [{', '.join(f'{family}.{name}' for name, _ in types)}]"
        for family, types in FAMILIES.items()
    ]
    columns = [
        f"          - name: {name}\n            description: {_quoted(str(glossary.meaning('raw.event', name)))}"
        for name in COLUMNS
    ]
    return "\n".join([
        "# Written by 'govpulse contracts' from the event types and infra/contracts/fields.csv.",
        "version: 2",
        "sources:",
        "  - name: raw",
        "    schema: raw",
        "    tables:",
        "      - name: position",
        f"        description: {_quoted(POSITION)}",
        "      - name: received",
        f"        description: {_quoted(RECEIVED)}",
        "      - name: event",
        f"        description: {_quoted(TABLE)}",
        "        config:",
        "          meta:",
        "            event_types:",
        *types,
        "        columns:",
        *columns,
        "",
    ])  # fmt: skip


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

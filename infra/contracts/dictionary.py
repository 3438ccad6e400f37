"""The data dictionary: every family, type and field with its meaning and what reads it. Writes docs/data-dictionary.md."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from infra.contracts import coverage, schemas
from infra.contracts.builders import record_keys
from infra.contracts.definitions import shipped
from infra.contracts.schemas import Schema
from streams.domain import events
from streams.domain.events import EVENT_TYPES, FAMILIES

PATH = Path(__file__).parents[2] / "docs" / "data-dictionary.md"
INTRODUCTION = """Written by `govpulse contracts` from the event types, `infra/contracts/fields.csv` and
`connectors/codes.csv`; a test proves it fresh.
由事件类型及字段、代码表生成。

A field without ● may be left out. Names that a type does not have are dropped at the door and counted. Fields in `…_ref` and
`applicant.ref` hold persons: send the raw number, the door makes it a pseudonym. A list of codes that names `unmapped` is whole:
any other code becomes `unmapped` at the door, with a note to the sender; of other lists unless they say *only* a code that is
not known is kept, and counted as what it says. A source's own codes are translated by `code_map.csv`.
带 ● 的字段必填。未列字段在入口丢弃并计数。涉及自然人的字段由入口改为假名。
含 unmapped 的代码表为完整列表,其他代码在入口记为 unmapped 并提示;其余代码表除注明“仅限”外均为开放列表。

`recordkey` is how the builders of the publisher and the outbox name a fact: `{sn}` and the like are fields, `{which}` is the
number of its kind (1, 2, 3 …) or its key in your system; what stands in `[…]` is left out where there is one alone. Yours may
be others, as long as a fact keeps its own.
`recordkey` 为发布器与发件箱的默认记录键;花括号内为字段,`{which}` 为第几次或本系统中的编号,方括号内的部分只有一次时可省略。

`govpulse publish --example --type case.accepted` prints an event of a type; JSON Schema of each: `infra/contracts/schemas/`.

"read by": the metrics and rules that read a field; of a type also the clocks that it starts or ends."""
TITLES = {
    "case": "办件 · cases",
    "bundle": "一件事、企业开办、工程项目 · bundles",
    "demand": "企业诉求 · demands",
    "payout": "惠企兑现 · payouts",
    "intermediary": "中介服务 · intermediaries",
    "ledger": "台账、督查、销号 · ledger",
    "catalogue": "目录 · catalogue",
    "governance": "组织推进 · governance",
    "activity": "其他系统的业务活动 · activities",
    "source": "来源系统 · sources",
}
FIELD_COLUMNS = ("字段 · field", "●", "类型 · type", "含义 · meaning", "read by · 用于")
#: JSON type → how people call it.
KINDS = {
    "string": "文本 text",
    "integer": "整数 integer",
    "number": "数 number",
    "boolean": "是否 boolean",
    "object": "对象 object",
    "array": "列表 list",
}


def render() -> str:
    """The page."""
    lines = ["# 数据字典 · Data dictionary", "", *INTRODUCTION.splitlines(), "", "## 信封 · envelope", ""]
    properties, required = schemas.attributes()
    logged, _ = schemas.attributes(as_logged=True)
    rows = [
        (f"`{name}`", "●" if name in required else "", kind(given), given["description"], _read_by(f"@{name}"))
        for name, given in (properties | logged).items()
    ]
    lines += coverage.table(FIELD_COLUMNS, rows)
    for family, types in FAMILIES.items():
        lines += ["", f"## {family}: {TITLES[family]}"]
        for name, _ in types:
            lines += _type(f"{family}.{name}")
    return "\n".join([*lines, ""])


def _type(name: str) -> Iterator[str]:
    document = schemas.schema(name)
    definitions = document["$defs"]
    yield from ("", f"### {name}", "", schemas.summary(EVENT_TYPES[name]) + _effect(name), "")
    if name in record_keys():
        yield from (f"`recordkey`: `{record_keys()[name]}`", "")
    rows = list(_rows(name, definitions[EVENT_TYPES[name].__name__], definitions, prefix=""))
    if rows:
        yield from coverage.table(FIELD_COLUMNS, rows)
    else:
        yield "无数据字段 · no fields"
    yield from _codes(definitions)


def _rows(
    name: str, owner: Schema, definitions: dict[str, Schema], *, prefix: str
) -> Iterator[tuple[str, str, str, str, str]]:
    for field, given in owner["properties"].items():
        path = f"{prefix}{field}"
        is_required = "●" if field in owner.get("required", ()) else ""
        yield f"`{path}`", is_required, kind(given), given["description"], _read_by(f"{name}.{path}")
        reference = next((one["$ref"] for one in (given, *given.get("anyOf", ())) if "$ref" in one), None)
        if reference:
            inner = definitions[reference.rpartition("/")[2]]
            yield from _rows(name, inner, definitions, prefix=f"{path}.")


def kind(given: Schema) -> str:
    """What may stand in a field, in a few words: 文本 text 1–64."""
    inner = next((one for one in given.get("anyOf", ()) if one != {"type": "null"}), given)
    match inner:
        case {"enum": [only]} | {"const": only}:
            return f"`{only}`"
        case {"enum": values}:
            return "仅限 only " + " ".join(f"`{value}`" for value in values)
        case {"$ref": str()}:
            return KINDS["object"]
        case {"format": "date-time"}:
            return "时刻 instant"
        case {"format": "date"}:
            return "日期 day"
        case {"type": "array", "items": items}:
            return f"{KINDS['array']} ≤ {inner['maxItems']}: {kind(items)}"
        case {"type": word}:
            return f"{KINDS[word]}{_limits(inner)}"
    raise ValueError(f"no words for {inner!r}")


def _limits(given: Schema) -> str:
    low = given.get("minimum", given.get("minLength"))
    high = given.get("maximum", given.get("maxLength"))
    if low is None and high is None:
        return ""
    if low is None:
        return f" ≤ {_figure(high)}"
    return f" ≥ {_figure(low)}" if high is None else f" {_figure(low)}–{_figure(high)}"


def _figure(value: Any) -> str:
    return f"{value:.0e}" if isinstance(value, float) and value >= 1e9 else f"{value:g}" if value < 1e6 else f"{value}"


def _codes(definitions: dict[str, Schema]) -> Iterator[str]:
    """The known codes of the fields of a type and of what lies in them."""
    for definition in definitions.values():
        for field, given in definition["properties"].items():
            if known := given.get("x-codes"):
                yield ""
                yield f"`{field}`: " + ", ".join(f"`{code}` {told}" for code, told in known.items())


def _effect(name: str) -> str:
    """What follows from a type beyond its meaning: clocks, and whether only its first counts."""
    verbs = {
        "start": "起算 starts",
        "restart": "重新起算 restarts",
        "stop": "止算 stops",
        "ended_by": "终止 ends, not judged,",
        "void": "撤销 takes back",
        "cleared_by": "解除预警 ends the signals of",
    }
    said = []
    for column, verb in verbs.items():
        clocks = dict.fromkeys(row["clock_id"] for row in shipped("clock_rule") if name in row[column].split())
        if clocks:
            said.append(f"{verb} {', '.join(clocks)}")
    if name in events.ONCE:
        is_anew = name in events.ONCE_A_ROUND
        said.append("每轮只计首次 only the first of each round counts" if is_anew else "只计首次 only the first counts")
    readers = _read_by(name)
    if readers:
        said.append(f"用于 read by {readers}")
    return "".join(f" {one}." for one in said)


def _read_by(word: str) -> str:
    """The metrics and rules that read exactly this type, field or attribute."""
    return ", ".join(dict.fromkeys(who for who, words in _readings() if word in words))


@cache
def _readings() -> tuple[tuple[str, frozenset[str]], ...]:
    told = [(row["metric_id"], row["reads"]) for row in shipped("metric")]
    told += [(rule, reads) for rule, _, _, reads in coverage.rules()]
    return tuple((who, frozenset(reads.split())) for who, reads in told)

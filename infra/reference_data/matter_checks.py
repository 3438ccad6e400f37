"""Whether the limits of a matter make sense together, and whether its special procedures exist."""

from collections.abc import Iterator

from infra.reference_data.clock_checks import not_a_word, words
from infra.reference_data.lines import Line
from streams.domain.limits import MOST_MONTHS, is_too_long


def matter_faults(line: Line) -> Iterator[str]:
    for kind in ("statutory", "fallback", "extension", "promise"):
        if (line[f"{kind}_value"] is None) != (line[f"{kind}_unit"] is None):
            yield line.fault(f"{kind}_value", f"{kind}_value and {kind}_unit go together; give both or none")
        yield from length_faults(line, kind)
    yield from _value_faults(line)
    yield from _promise_faults(line)
    yield from _extension_faults(line)
    kinds = words("case.special_started", "kind")
    for word in line["special_kinds"].split():
        if word not in kinds:
            yield line.fault("special_kinds", not_a_word(word, kinds, "the kinds of special procedures"))


def length_faults(line: Line, kind: str) -> Iterator[str]:
    """Columns know no unit: months are fewer."""
    value, unit = line[f"{kind}_value"], line[f"{kind}_unit"]
    if value is not None and unit is not None and is_too_long(value, unit):
        yield line.fault(f"{kind}_value", f"no law has a limit of so many months; write at most {MOST_MONTHS}")


def _value_faults(line: Line) -> Iterator[str]:
    """On the spot is 0 of nothing; everything else takes some time. An extension of 0 says that there is none."""
    for kind in ("statutory", "fallback", "promise"):
        value, unit = line[f"{kind}_value"], line[f"{kind}_unit"]
        if value == 0 and unit not in (None, "onspot"):
            yield line.fault(f"{kind}_value", f"a limit is above 0; write how many {unit}s, or {kind}_unit onspot")
        if value and unit == "onspot":
            yield line.fault(f"{kind}_value", f"on the spot is the day itself; write 0, or another {kind}_unit")


def _promise_faults(line: Line) -> Iterator[str]:
    for kind in ("statutory", "fallback"):
        promised, allowed = line["promise_value"], line[f"{kind}_value"]
        same_unit = line["promise_unit"] is not None and line["promise_unit"] == line[f"{kind}_unit"]
        if same_unit and promised is not None and allowed is not None and promised > allowed:
            yield line.fault(
                "promise_value",
                f"is above the {kind} limit of {allowed} {line['promise_unit']}; promise no more than the law allows",
            )


def _extension_faults(line: Line) -> Iterator[str]:
    """Days of one kind cannot cap an extension in days of another: an extension has its limit's unit."""
    kind = "fallback" if line["fallback_unit"] is not None else "statutory"
    unit, longest = line[f"{kind}_unit"], line["extension_unit"]
    if longest == "onspot" or (longest is not None and unit == "onspot"):
        yield line.fault("extension_unit", "what is done on the spot is not extended; give a fallback, or no extension")
    elif longest is not None and unit is not None and longest != unit:
        yield line.fault(
            "extension_unit",
            f"an extension counts as the {kind} limit of {line[f'{kind}_value']} {unit} that it extends; "
            f"write {unit}, with its value",
        )

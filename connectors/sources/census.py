"""What occurs in a file: names of attributes, against those that its mapping names, and codes the catalogue must know."""

import difflib

from connectors.sources.logged import Log, Trace, UnreadableFile
from connectors.sources.mapping import FIRST_DAY, BadMapping, Mapping
from connectors.sources.templates import cell_of

Rows = dict[str, list[dict[str, str]]]
#: More matters or units than this come from a wrong column.
MOST_CODES = 20_000


class Census:
    """Counts as the traces go by; `check` when they all have."""

    def __init__(self, mapping: Mapping, log: Log) -> None:
        self._mapping = mapping
        self._of_traces, self._anywhere = set(log.columns), set(log.columns)
        self._matters: set[str] = set()
        self._units: set[str] = set()

    def note(self, trace: Trace) -> None:
        self._of_traces.update(trace.attributes)
        if not self._mapping.is_table_of_cases:
            for entry in trace.entries:
                self._anywhere.update(entry.attributes)
        for name, codes in (
            (self._mapping.catalogue.matters, self._matters),
            (self._mapping.catalogue.units, self._units),
        ):
            code = cell_of(trace.attributes, name) if name else None
            if code is not None:
                codes.add(code)
                if len(codes) > MOST_CODES:
                    raise UnreadableFile(
                        f"more than {MOST_CODES} codes in {name!r}: is it the right column for the catalogue? nothing was sent"
                    )

    def check(self) -> None:
        """Raises BadMapping where the mapping names attributes that occur nowhere in the file."""
        anywhere = self._of_traces | self._anywhere
        for name, is_of_trace in self._mapping.attributes_named():
            known = self._of_traces if is_of_trace else anywhere
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
                raise BadMapping(f"mapping {self._mapping.name}: attribute {name!r} occurs nowhere in the file{hint}")

    def catalogue_rows(self) -> Rows:
        """The matters and units that occurred, as the mapping brings them into the catalogue."""
        rows: Rows = {}
        if self._mapping.catalogue.matters:
            rows["matter"] = [
                {"matter_code": code, "valid_from": FIRST_DAY, "name": code} for code in sorted(self._matters)
            ]
        if self._mapping.catalogue.units:
            rows["unit"] = [{"unit_code": code, "name": code} for code in sorted(self._units)]
        return rows


def authority_rows(mapping: Mapping) -> Rows:
    """What a mapping brings of itself: its authority with its schedule, its source, and the meaning of its codes."""
    rows: Rows = {}
    authority = mapping.authority
    if not isinstance(authority, str):
        rows["authority"] = [
            {
                "authority": authority.code,
                "name": authority.name,
                "clock": authority.clock,
                "extension_any_time": str(authority.extension_any_time).lower(),
                "late_pauses_extend": str(authority.late_pauses_extend).lower(),
                "pause_day_rule": authority.pause_day_rule,
                "pause_cap": authority.pause_cap,
                "ledger_closing": authority.ledger_closing,
            }
        ]
        rows["schedule_assignment"] = [
            {"scope_type": "authority", "scope_code": authority.code, "schedule": authority.schedule}
        ]
        rows["source"] = [{"source": mapping.source, "authority": authority.code, "precedence": "0"}]
    if mapping.codes:
        rows["code_map"] = [
            {
                "source": mapping.source,
                "event_type": code.event_type,
                "field": code.field,
                "code": code.code,
                "valid_from": code.valid_from,
                "valid_to": code.valid_to,
                "value": code.value,
            }
            for code in mapping.codes
        ]
    return rows

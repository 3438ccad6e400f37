"""Every event type of every family: the one source of the contract.

A type is a struct of its data fields; the envelope around it belongs to `streams.wire`. A family is a module of
`streams.domain.families`: its types in the order of life, which is the *rank* by which statements of the same instant
are folded, those of which only the first counts, and `outline` where its subjects are folded.
"""

from collections.abc import Mapping

from streams.domain.families import (
    activity,
    bundle,
    case,
    catalogue,
    demand,
    governance,
    intermediary,
    ledger,
    payout,
    source,
)
from streams.domain.families.values import Data
from streams.domain.outlines import Describe

_MODULES = {
    "case": case,
    "bundle": bundle,
    "demand": demand,
    "payout": payout,
    "intermediary": intermediary,
    "ledger": ledger,
    "catalogue": catalogue,
    "governance": governance,
    "activity": activity,
    "source": source,
}
FAMILIES: dict[str, tuple[tuple[str, type[Data]], ...]] = {name: module.TYPES for name, module in _MODULES.items()}
#: Family → what its statements come to. A case has a reader of its own.
OUTLINES: Mapping[str, Describe] = {
    name: module.outline for name, module in _MODULES.items() if hasattr(module, "outline")
}
#: Families whose subjects are folded; of the others nothing follows but rows.
FOLDED = ("case", *OUTLINES)

#: "case.accepted" → the struct of its data.
EVENT_TYPES: dict[str, type[Data]] = {
    f"{family}.{name}": data for family, types in FAMILIES.items() for name, data in types
}
#: Place in the order of life, by which statements of one instant are folded.
RANK: dict[str, int] = {name: rank for rank, name in enumerate(EVENT_TYPES)}
#: Of these the first in fold order counts; a further one is a finding.
ONCE = frozenset(f"{family}.{name}" for family, module in _MODULES.items() for name in module.ONCE)
#: … the first of each round, which a reopening begins.
ONCE_A_ROUND = frozenset(f"case.{name}" for name in case.ONCE_A_ROUND)
REOPENED, DECIDED, DELIVERED = "case.reopened", "case.decided", "case.delivered"
#: Moments that follow from several statements; clocks may listen to them.
DERIVED = frozenset({"bundle.begun", "bundle.completed", "case.deemed_accepted", "payout.settled", "ledger.ended"})
#: The one type that is written into every partition and belongs to no subject.
MARK = "source.clock_advanced"

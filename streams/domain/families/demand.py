"""Family demand: 企业诉求, called in one working day, done in five or answered in ten; consultations and complaints.

For consultations and complaints the policy promises nothing: the clocks of `clock_rule.csv` leave their kinds out.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import field
from msgspec.structs import replace

from streams.domain.families.values import Code, Data, Rated, Reference, Text, Uscc
from streams.domain.law import Law
from streams.domain.outlines import Moment, Outline, at, first, last, unbegun

#: 一般, 疑难: five working days to be closed, ten to be answered (景党发〔2022〕4号 二(一)5(18)).
DemandClass = Literal["general", "difficult"]


class DemandRegistered(Data, frozen=True):
    """登记: somebody asked, complained or wants help."""

    unit_code: Code
    kind: Code = "unmapped"
    demand_class: DemandClass = field(default="general", name="class")
    area_code: Code | None = None
    channel: Code | None = None
    uscc: Uscc | None = None


class DemandContacted(Data, frozen=True):
    """电话联系: within one working day."""

    by_ref: Reference | None = None


class DemandReplied(Data, frozen=True):
    """回复: the answer to a difficult demand, within ten working days."""

    result: Code | None = None


class DemandClosed(Data, frozen=True):
    """办结: a general demand is done, within five working days."""

    result: Code = "unmapped"


class DemandReclassified(Data, frozen=True):
    """改类: from general to difficult or back; the clocks of the other class go on from registration."""

    demand_class: DemandClass = field(name="class")
    reason: Text | None = None


class DemandRated(Rated, frozen=True):
    """评价: whoever asked rated the answer."""


TYPES = (
    ("registered", DemandRegistered),
    ("contacted", DemandContacted),
    ("reclassified", DemandReclassified),
    ("replied", DemandReplied),
    ("closed", DemandClosed),
    ("rated", DemandRated),
)
ONCE = frozenset({"registered", "contacted", "replied", "closed"})


def outline(moments: Sequence[Moment], _: Law) -> Outline:
    """A demand: closed where it is general, answered where it is difficult; the class it has now decides."""
    registered = first(moments, "demand.registered")
    reclassified = last(moments, "demand.reclassified")
    said = reclassified or registered
    demand_class = said.data.demand_class if said is not None else "general"
    ends = ("demand.closed",) if demand_class == "general" else ("demand.replied", "demand.closed")
    end = first(moments, *ends)
    if registered is not None and registered.data.demand_class != demand_class:
        # The clocks of the class it has now run from its registration.
        now = replace(registered, data=replace(registered.data, demand_class=demand_class))
        moments = [now if moment is registered else moment for moment in moments]
    return Outline(
        state="closed"
        if end is not None
        else next((_STATES[moment.type] for moment in reversed(moments) if moment.type in _STATES), "unknown"),
        moments=tuple(moments),
        unit_code=registered.data.unit_code if registered else None,
        matter_code=registered.data.kind if registered else None,
        area_code=registered.data.area_code if registered else None,
        started_at=at(registered),
        stopped_at=at(end),
        result=getattr(end.data, "result", None) if end else None,
        findings=unbegun("never_registered", registered, moments),
    )


_STATES = {"demand.registered": "registered", "demand.contacted": "contacted", "demand.replied": "replied"}

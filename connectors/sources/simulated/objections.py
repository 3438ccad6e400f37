"""Objections: what single statements of a case say: AR-08, AR-10, AR-12, AR-13; and of any subject faulty data, AR-16."""

from collections.abc import Iterator, Sequence

from connectors.sources.simulated.days import MICRO
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.plan import Instant
from connectors.sources.simulated.warnings import Warned

#: What a fact says, if a rule objects to it → the rule and its level; until it is explained.
_SAID = {
    "irregular": ("AR-08", "red"),
    "unexplained": ("AR-12", "red"),
    "beyond_guide": ("AR-13", "yellow"),
}
_EXPLAINABLE = frozenset({"AR-12", "AR-13"})


def objections(facts: Sequence[Fact], *, stop: Instant | None) -> Iterator[Warned]:
    """`facts` in order; `stop`: of the case."""
    explained = [fact.at for fact in facts if fact.type == "case.reason_published"]
    for fact in facts:
        if fact.says in _SAID:
            rule_id, level = _SAID[fact.says]
            ends = [at for at in explained if at >= fact.at] if rule_id in _EXPLAINABLE else []
            yield from _flag(rule_id, level, fact, min(ends, default=None))
    rounds = [fact for fact in facts if fact.type == "case.correction_requested"]
    for fact in rounds[1:]:
        yield from _flag("AR-10", "red", fact, stop)


def doubted(facts: Sequence[Fact]) -> Iterator[Warned]:
    """The data of a subject are wrong from its first fact on."""
    for fact in facts[:1]:
        yield Warned("AR-16", "red", "", "data", fact.at * MICRO)


def _flag(rule_id: str, level: str, fact: Fact, until: Instant | None) -> Iterator[Warned]:
    if until is None or fact.at < until:
        yield Warned(rule_id, level, "", fact.record, fact.at * MICRO, None if until is None else until * MICRO)

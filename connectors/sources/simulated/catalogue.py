"""Catalogue: matters whose limit by law changes while the city is simulated, as its catalogue events tell."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from msgspec.structs import replace

from connectors.sources.simulated.city import hall_source
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lives import Life
from connectors.sources.simulated.matters import Kind
from connectors.sources.simulated.plan import DAY, Plan
from streams.domain.limits import Limit
from streams.domain.rulebook import Matter

#: Matter → its new limit, from the middle of the plan on. Of M021 it is shorter than what is promised.
CHANGES = {
    "M006": Limit(12, "workday"),
    "M007": Limit(30, "day"),
    "M021": Limit(4, "workday"),
    "M073": Limit(1, "month"),
}


def changed(matters: Mapping[str, tuple[Matter, ...]], plan: Plan) -> dict[str, tuple[Matter, ...]]:
    """The catalogue as it is known in the end: a further row of each matter that changes."""
    since = plan.start + timedelta(days=plan.days // 2)
    return dict(matters) | {
        code: (*matters[code], replace(matters[code][-1], valid_from=since, statutory=limit, fallback=None))
        for code, limit in CHANGES.items()
    }


def announcements(plan: Plan, kinds: tuple[Kind, ...]) -> Iterator[Life]:
    """The events that tell of it, on the morning of the plan's second day."""
    for kind in kinds:
        if kind.code in CHANGES:
            limit, promise = CHANGES[kind.code], kind.promise
            data = (
                f'{{"matter_code":"{kind.code}","valid_from":"{plan.start + timedelta(days=plan.days // 2)}",'
                f'"name":"{kind.name}","case_type":"promise",'
                f'"statutory":{{"value":{limit.value},"unit":"{limit.unit}"}},'
                f'"promise":{{"value":{promise.value},"unit":"{promise.unit}"}}}}'
            )
            fact = Fact("catalogue.matter_changed", plan.first + DAY + 10 * 3600, f"matter/{kind.code}", data)
            yield Life("catalogue", f"SX-{kind.code}", hall_source("360200"), [fact])

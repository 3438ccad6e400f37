"""Family intermediary: 中介超市: a firm is chosen, signs, promises a time and delivers."""

from collections.abc import Sequence

from streams.domain.families.values import Amount, Code, Data, Number, Rated, Uscc
from streams.domain.law import Law
from streams.domain.limits import Limit
from streams.domain.outlines import Finding, Moment, Outline, at, first, unbegun


class IntermediarySelected(Data, frozen=True):
    """选取: a firm was chosen."""

    kind: Code
    unit_code: Code
    uscc: Uscc | None = None
    area_code: Code | None = None
    case: Number | None = None
    guide_fee: Amount | None = None


class IntermediaryContractSigned(Data, frozen=True):
    """签约: the promised time begins to run."""

    promise: Limit | None = None
    fee: Amount | None = None


class IntermediaryContractFiled(Data, frozen=True):
    """合同备案: the contract was filed."""


class IntermediaryDelivered(Data, frozen=True):
    """交付: the service was delivered."""


class IntermediaryRated(Rated, frozen=True):
    """评价: whoever ordered the service rated it."""


TYPES = (
    ("selected", IntermediarySelected),
    ("contract_signed", IntermediaryContractSigned),
    ("contract_filed", IntermediaryContractFiled),
    ("delivered", IntermediaryDelivered),
    ("rated", IntermediaryRated),
)
ONCE = frozenset({"selected", "contract_signed", "contract_filed", "delivered"})


def outline(moments: Sequence[Moment], _: Law) -> Outline:
    """An intermediary's service: it ends with the delivery."""
    selected = first(moments, "intermediary.selected")
    signed, delivered = first(moments, "intermediary.contract_signed"), first(moments, "intermediary.delivered")
    return Outline(
        state=next((_STATES[moment.type] for moment in reversed(moments) if moment.type in _STATES), "unknown"),
        moments=tuple(moments),
        unit_code=selected.data.unit_code if selected else None,
        matter_code=selected.data.kind if selected else None,
        area_code=selected.data.area_code if selected else None,
        started_at=at(signed),
        stopped_at=at(delivered),
        result="delivered" if delivered else None,
        findings=unbegun("never_selected", selected, moments) + _findings(signed, delivered),
    )


def _findings(signed: Moment | None, delivered: Moment | None) -> tuple[Finding, ...]:
    if delivered is not None and signed is None:
        return (Finding("delivered_without_contract", delivered.at, delivered.record_key),)
    return ()


_STATES = {
    "intermediary.selected": "selected",
    "intermediary.contract_signed": "contracted",
    "intermediary.contract_filed": "contracted",
    "intermediary.delivered": "delivered",
}

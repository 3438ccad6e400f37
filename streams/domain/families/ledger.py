"""Family ledger: items that people must bring to an end: 旧账, 督查, and the work on signals (销号)."""

from collections.abc import Iterator, Sequence

from streams.domain.families.values import Amount, Code, Data, Instant, Reference, Text
from streams.domain.law import Law
from streams.domain.outlines import Finding, Moment, Outline, at, first, last, unbegun


class LedgerOpened(Data, frozen=True):
    """立账: an item was entered."""

    kind: Code
    unit_code: Code
    area_code: Code | None = None
    owner_ref: Reference | None = None
    amount: Amount | None = None
    due_at: Instant | None = None
    signal_key: Code | None = None
    name: Text | None = None


class LedgerAcknowledged(Data, frozen=True):
    """签收: its owner has seen it."""

    by_ref: Reference | None = None


class LedgerExplained(Data, frozen=True):
    """说明理由: a legal duty of whoever is late (优化营商环境条例 36)."""

    reason: Text
    by_ref: Reference | None = None


class LedgerProgressed(Data, frozen=True):
    """进展: the thirty days begin anew."""

    note: Text | None = None
    amount: Amount | None = None


class LedgerTransferred(Data, frozen=True):
    """移交: another unit owns it from now on."""

    to_unit: Code
    to: Code | None = None


class LedgerRectified(Data, frozen=True):
    """整改: it was put right."""

    by_ref: Reference | None = None


class LedgerVerified(Data, frozen=True):
    """复核: by somebody other than who explained or rectified it."""

    by_ref: Reference | None = None


class LedgerClosed(Data, frozen=True):
    """销号: it is closed; counts (by default) once somebody else has verified it, and only the first until it is reopened."""

    by_ref: Reference | None = None
    amount: Amount | None = None


class LedgerReopened(Data, frozen=True):
    """重开: it is open again, and the wait for progress begins anew; what closed it no longer counts."""

    reason: Text | None = None


TYPES = (
    ("opened", LedgerOpened),
    ("acknowledged", LedgerAcknowledged),
    ("explained", LedgerExplained),
    ("progressed", LedgerProgressed),
    ("transferred", LedgerTransferred),
    ("rectified", LedgerRectified),
    ("verified", LedgerVerified),
    ("closed", LedgerClosed),
    ("reopened", LedgerReopened),
)
ONCE = frozenset({"opened"})


def outline(moments: Sequence[Moment], law: Law) -> Outline:
    """A ledger item: closed once another than its doer has verified it (三(三) 销号管理), or by anyone, as `law` has it."""
    opened = first(moments, "ledger.opened")
    standing = _Standing(law)
    for moment in moments:
        standing.take(moment)
    transferred = last(moments, "ledger.transferred")
    unit = transferred.data.to_unit if transferred else (opened.data.unit_code if opened else None)
    end = standing.end
    return Outline(
        state=standing.state,
        moments=tuple(_lived(moments, standing)),
        unit_code=unit,
        matter_code=opened.data.kind if opened else None,
        area_code=opened.data.area_code if opened else None,
        started_at=at(opened),
        stopped_at=at(end),
        result="closed" if end is not None else None,
        findings=unbegun("never_opened", opened, moments) + tuple(standing.findings),
    )


def _lived(moments: Sequence[Moment], standing: "_Standing") -> Iterator[Moment]:
    """Without the closes that do not count; after the close that stands `ledger.ended`.

    What is reopened before it was opened is awaited by nobody.
    """
    is_opened = False
    for moment in moments:
        is_opened = is_opened or moment.type == "ledger.opened"
        if moment.type == "ledger.closed" and not standing.closes(moment):
            continue
        if moment.type == "ledger.reopened" and not is_opened:
            continue
        yield moment
        if moment is standing.end:
            yield Moment("ledger.ended", moment.at, moment.record_key)


class _Standing:
    """How far an item has come, moment by moment."""

    def __init__(self, law: Law) -> None:
        self.state = "unknown"
        #: The close that stands: the first since the last reopening.
        self.end: Moment | None = None
        self.findings: list[Finding] = []
        self._doers: set[str] = set()
        self._needs_verifying = law.ledger_closing == "verified"
        self._is_verified = False
        self._closing: list[Moment] = []

    def take(self, moment: Moment) -> None:
        act = moment.type.partition(".")[2]
        match act:
            case "explained" | "rectified":
                if moment.data.by_ref is not None:
                    self._doers.add(moment.data.by_ref)
            case "verified":
                self._verify(moment)
                return
            case "closed":
                self._close(moment)
                return
            case "reopened":  # what was closed before does not count: it is judged at its last closing
                self.end, self._is_verified = None, False
        self._come_to(_STATES.get(act, self.state))

    def closes(self, moment: Moment) -> bool:
        return any(moment is closing for closing in self._closing)

    def _verify(self, moment: Moment) -> None:
        if moment.data.by_ref is not None and moment.data.by_ref in self._doers:
            self.findings.append(Finding("verified_by_its_own_doer", moment.at, moment.record_key))
            return
        self._is_verified = True
        self._come_to("verified")

    def _close(self, moment: Moment) -> None:
        if self.end is not None:
            self.findings.append(Finding("repeated:closed", moment.at, moment.record_key))
            return
        if self._needs_verifying and not self._is_verified:
            self.findings.append(Finding("closed_without_verification", moment.at, moment.record_key))
            return
        self._closing.append(moment)
        self.end, self.state = moment, "closed"

    def _come_to(self, state: str) -> None:
        """What is told after the close does not open it again."""
        if self.end is None:
            self.state = state


_STATES = {
    "opened": "opened",
    "acknowledged": "acknowledged",
    "explained": "explained",
    "progressed": "progressed",
    "rectified": "rectified",
    "reopened": "reopened",
}

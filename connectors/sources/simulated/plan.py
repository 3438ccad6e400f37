"""A plan: how much is simulated, from when to when, by which seed, and how much of it goes wrong."""

from datetime import date, timedelta
from typing import Annotated

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0, le=1)]
#: Instants are whole local seconds since 1970-01-01 00:00 in China.
Instant = int
DAY = 86_400
_EPOCH = date(1970, 1, 1)


class Oddities(Struct, frozen=True):
    """The share of what is not as it should be; `reference/domain.md` §2.7 says where each was observed.

    Of messages: sent late, sent twice, sent again in a higher version, first told wrongly, deleted and told again.
    Of cases (some can befall only a part of them, as each says): all others.
    """

    late: Share = 0.02
    doubled: Share = 0.01
    resent: Share = 0.015
    mistyped: Share = 0.01
    reinserted: Share = 0.005
    overdue: Share = 0.07
    corrected: Share = 0.08
    corrected_twice: Share = 0.01  # of those corrected
    not_accepted: Share = 0.015
    deemed: Share = 0.004  # of those with a promise in working days
    paused: Share = 0.4  # of those whose matter has special procedures
    overrun: Share = 0.25  # of pauses: longer than declared
    irregular: Share = 0.04  # of pauses: not declared, not told to the applicant
    miscoded: Share = 0.03  # of pauses: of a kind that is on no list
    extended: Share = 0.02
    reopened: Share = 0.012  # of those whose promise is in working days
    withdrawn: Share = 0.02
    transferred: Share = 0.01
    renewing: Share = 0.02  # the licence in hand runs out meanwhile
    unpromised: Share = 0.02
    explicit: Share = 0.03  # of those with a promise in working days: the due instant is given
    two_systems: Share = 0.06
    back_entered: Share = 0.05  # of those of offices that work in a vertical system
    mistaken: Share = 0.004  # a decision entered and taken back
    removed: Share = 0.004
    unknown_matter: Share = 0.004
    bad_uscc: Share = 0.01  # of companies
    unexplained: Share = 0.15  # of refusals: told without a reason
    beyond_guide: Share = 0.01  # of materials: asked for though the guide does not name them
    reclassified: Share = 0.15  # of demands
    uncalled: Share = 0.03  # of demands: answered or closed, and nobody called before
    otherwise: Share = 0.1  # of demands: none of a company's, but a consultation or a complaint
    revoked: Share = 0.04  # of payouts approved: refused in the end
    overruled: Share = 0.2  # of payouts refused: approved after all
    instalments: Share = 0.2  # of payouts paid: in two payments
    undone: Share = 0.15  # of ledger items: closed, and opened again
    silenced: Share = 0.5  # of sources: once silent for hours or days


class Plan(Struct, frozen=True):
    """So many events, exactly, between two days. Few are too few to make one life of them."""

    events: Annotated[int, Meta(ge=1000, le=100_000_000)]
    seed: int
    start: date = date(2025, 1, 2)
    days: Annotated[int, Meta(ge=3, le=1500)] = 90
    oddities: Oddities = Oddities()

    @property
    def first(self) -> Instant:
        """The first second of the first day."""
        return (self.start - _EPOCH).days * DAY

    @property
    def end(self) -> Instant:
        """The last second of the last day: by then everything that has happened is told."""
        return self.first + self.days * DAY - 1

    @property
    def last_day(self) -> date:
        return self.start + timedelta(days=self.days - 1)

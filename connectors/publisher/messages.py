"""Messages on their way: what a queue holds, what a door says of it, and why it may be held up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

#: A CloudEvent as a document: attributes by name, `data` an object.
CloudEvent = dict[str, object]


class Message(Struct, frozen=True):
    """An event that waits: its place in the queue, whose order it keeps, its id, and its JSON."""

    number: int
    key: str
    id: str
    value: bytes


class Refusal(Struct, frozen=True):
    """Why an event is not taken, now or later: one of the contract's codes, the field and the rule."""

    code: str
    field: str | None
    detail: str


#: What is said of each of several messages, in their order: None where it was received.
Verdicts = list[Refusal | None]


class NotNow(Exception):
    """A door or a store takes nothing at present: the same again later. `after`: how many seconds it asked to wait."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Unwelcome(Exception):
    """A request was refused as a whole: smaller ones may do. `is_fault`: the door broke, and may mend."""

    def __init__(self, refusal: Refusal, *, is_fault: bool = False) -> None:
        super().__init__(f"{refusal.code}: {refusal.detail}")
        self.refusal, self.is_fault = refusal, is_fault


class Door(Protocol):
    """Where events go. `received` is said only of what the platform's log has."""

    def send(self, messages: Sequence[Message]) -> Verdicts:
        """A verdict on each, in order. Raises NotNow or Unwelcome, of all of them."""
        ...

    def close(self) -> None:
        """Lets go of connections; the next `send` opens them again."""
        ...


class Queue(Protocol):
    """Where events wait. Between `claim` and what ends it nobody else has them."""

    def claim(self, most: int, most_bytes: int) -> list[Message]:
        """The oldest, in order; none where none waits, or another has them. Raises NotNow."""
        ...

    def settle(self, messages: Sequence[Message], verdicts: Verdicts, *, now: datetime) -> None:
        """Takes out what was received, sets apart what was refused. Raises NotNow: they wait on, and come twice."""
        ...

    def let_go(self) -> None:
        """They wait on."""
        ...

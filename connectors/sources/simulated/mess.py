"""Mess: facts as sources tell them: late, twice, wrongly at first, deleted and told again; all put right by the end."""

from collections.abc import Callable

from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.lines import Saying, line
from connectors.sources.simulated.lives import Life
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.silence import Silences
from connectors.sources.simulated.world import World

#: Takes a message: when it is sent, and its bytes.
Post = Callable[[Instant, bytes], None]


class Teller:
    """Tells lives as they come, in messages that `post` takes; what has not happened by the end is not told."""

    def __init__(self, world: World, silences: Silences, post: Post) -> None:
        self._world, self._silences, self._post = world, silences, post

    def tell(self, life: Life) -> None:
        """Everything of a life."""
        end = self._world.end
        for fact in life.facts:
            if fact.at <= end:
                self._tell(life, fact, source=life.source, happened_at=fact.at)
        for fact in life.rivals:
            self._tell(life, fact, source=life.rival_source, happened_at=max(fact.at, life.facts[0].at))
        if life.family == "case" and not life.is_removed and self._world.happens("mistaken"):
            self._mistake(life)

    def plainly(self, life: Life) -> None:
        """Everything of a life, at once and as it is."""
        for fact in life.facts:
            self._say(life, fact, source=life.source, sent=fact.at, version=1)

    def _tell(self, life: Life, fact: Fact, *, source: str, happened_at: Instant) -> None:
        world = self._world
        sent = self._sent(source, happened_at, told_at=life.told_at)
        if life.is_removed:
            self._say(life, fact, source=source, sent=sent, version=1)
            self._say(life, fact, source=source, sent=sent + DAY + world.upto(2 * DAY), version=2, is_deletion=True)
        elif (chance := world.random()) >= world.disorder:
            self._say(life, fact, source=source, sent=sent, version=1)
        else:
            self._disorderly(life, fact, source=source, sent=sent, chance=chance)

    def _disorderly(self, life: Life, fact: Fact, *, source: str, sent: Instant, chance: float) -> None:
        """Told again: the very same, in a higher version, corrected, or deleted and put back."""
        world = self._world
        again = sent + 60 + world.upto(2 * DAY)
        match world.disorder_at(chance):
            case "doubled":
                self._say(life, fact, source=source, sent=sent, version=1)
                self._say(life, fact, source=source, sent=again, version=1, recorded=sent)
            case "resent":
                self._say(life, fact, source=source, sent=sent, version=1)
                self._say(life, fact, source=source, sent=again, version=2 + world.upto(2))
            case "mistyped":
                wrong = Fact(fact.type, fact.at - 60 - world.upto(3 * DAY), fact.record, fact.data)
                # A correction has a higher version, or only a later time of recording (`docs/reading-a-case.md` §1).
                version = 1 if world.random() < 0.3 and again <= world.end else 2
                self._say(life, wrong, source=source, sent=sent, version=1)
                self._say(life, fact, source=source, sent=again, version=version)
            case _:
                self._say(life, fact, source=source, sent=sent, version=1)
                self._say(life, fact, source=source, sent=again, version=2, is_deletion=True)
                self._say(life, fact, source=source, sent=again + 60 + world.upto(DAY), version=3)

    def _mistake(self, life: Life) -> None:
        """A decision that belonged to another case, and is taken back."""
        world, first = self._world, life.facts[0]
        at = first.at + 1 + world.upto(2 * DAY)
        if not world.has_come(at):
            world.tally["mistaken"] -= 1
            return
        fact = Fact("case.decided", at, "decided/mistaken", '{"decision":"granted"}')
        sent = self._sent(life.source, at, told_at=life.told_at)
        self._say(life, fact, source=life.source, sent=sent, version=1)
        self._say(life, fact, source=life.source, sent=sent + 3600 + world.upto(DAY), version=2, is_deletion=True)

    def _sent(self, source: str, at: Instant, *, told_at: Instant | None) -> Instant:
        """When a fact is told first: at once, late, with the batch, or when its source speaks again."""
        world = self._world
        sent = at + 2 + int(world.random() * 40)
        if world.happens("late"):
            sent += 3600 + (world.upto(8 * 3600) if world.random() < 0.7 else world.upto(35 * DAY))
        if told_at is not None and sent < told_at:
            return told_at
        return self._silences.broken(source, sent)

    def _say(
        self,
        life: Life,
        fact: Fact,
        *,
        source: str,
        sent: Instant,
        version: int,
        is_deletion: bool = False,
        recorded: Instant | None = None,
    ) -> None:
        saying = Saying(version, is_deletion, sent if recorded is None else recorded)
        self._post(min(sent, self._world.end), line(life.number, source, fact=fact, saying=saying))

"""Lines: facts as CloudEvents in JSON, written from a template because millions of them are."""

from msgspec import Struct

from connectors.sources.simulated.city import AUTHORITY
from connectors.sources.simulated.days import text
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.plan import Instant
from streams.wire import type_name

_heads: dict[tuple[str, str], str] = {}


class Saying(Struct, frozen=True, gc=False):
    """How a fact is said: in which version of its record, or that it is deleted, and when the source wrote it down."""

    version: int
    is_deletion: bool
    recorded_at: Instant


def line(number: str, source: str, *, fact: Fact, saying: Saying) -> bytes:
    """One message; its id stays the same however often it is sent. Codes and numbers need no escaping."""
    head = _heads.get((fact.type, source))
    if head is None:
        head = _heads[fact.type, source] = _head(fact.type, source)
    version = saying.version
    body = '"operation":"D"' if saying.is_deletion else f'"data":{fact.data}'
    return (
        f'{head}"id":"{number}/{fact.record}/{version}/{saying.recorded_at}","subject":"{number}",'
        f'"time":"{text(fact.at)}","recordkey":"{fact.record}","dataversion":{version},'
        f'"recordedtime":"{text(saying.recorded_at)}",{body}}}'
    ).encode()


def _head(name: str, source: str) -> str:
    return (
        f'{{"specversion":"1.0","type":"{type_name(name)}","source":"{source}","authority":"{AUTHORITY}",'
        '"datacontenttype":"application/json",'
    )

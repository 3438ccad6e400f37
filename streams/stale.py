"""Which subjects of a partition must be read again: a newer version's scope covers them, or an older engine read them."""

from typing import NamedTuple

from streams.store import MOST_AT_ONCE, Partition, Store, Stored

#: How many subjects are looked at in one step; most of them may be well.
LOOKED_AT = 1000


class Versions(NamedTuple):
    """Of the rulebook and the engine."""

    rulebook: int
    engine: int


class Page(NamedTuple):
    """One step of a pass over a partition: the stale ones up to a key, and whether nothing comes behind it."""

    subjects: list[Stored]
    to: str
    is_last: bool


def caught_up(store: Store, partition: Partition) -> Versions:
    """Up to which versions every subject of the partition was read again where it had to be."""
    rows = store.fetch(
        "select rulebook_version, engine_version from stream.caught_up where family = %s and partition = %s",
        [partition.family, partition.number],
    )
    return Versions(*rows[0]) if rows else Versions(0, 0)


def page(store: Store, partition: Partition, *, after: str, done: Versions, engine_version: int) -> Page:
    """The next stale subjects in the order of their keys. `done`: what the pass need not look at again."""
    place = {"family": partition.family, "partition": partition.number, "after": after}
    ((count, last),) = store.fetch(_WINDOW, place | {"looked_at": LOOKED_AT})
    if not count:
        return Page([], after, is_last=True)
    wanted = place | {"to": last, "engine": engine_version, "done": done.rulebook, "most": MOST_AT_ONCE}
    keys = [key for (key,) in store.fetch(_STALE, wanted)]
    is_whole = len(keys) < MOST_AT_ONCE
    subjects = store.subjects(partition, keys) if keys else []
    return Page(subjects, last if is_whole else keys[-1], is_last=is_whole and count < LOOKED_AT)


_WINDOW = """select count(*), max(subject_key) from (
        select subject_key from stream.subject
        where family = %(family)s and partition = %(partition)s and subject_key > %(after)s
        order by subject_key limit %(looked_at)s
    ) as looked_at"""
_STALE = """select subject_key from stream.subject
    where family = %(family)s and partition = %(partition)s and subject_key > %(after)s and subject_key <= %(to)s
        and engine_version < %(engine)s
    union
    select subject_key from stream.scoped
    where family = %(family)s and partition = %(partition)s and subject_key > %(after)s and subject_key <= %(to)s
        and version > rulebook_version and version > %(done)s
    order by subject_key limit %(most)s"""

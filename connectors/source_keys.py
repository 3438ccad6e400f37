"""Keys of sources: 256 random bits, of which only the SHA-256 is kept; two hold at once while one is changed."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg
from msgspec import Struct

#: By this a key is known for one, should it turn up where it does not belong.
PREFIX = "govpulse_"
#: How long the old key holds beside a new one.
GRACE = timedelta(days=7)
Connection = psycopg.Connection[Any]


class UnknownKey(Exception):
    """No such source or key; the message says what there is."""


class MadeKey(Struct, frozen=True):
    """A key as it is shown once, and when the older ones end."""

    key: str
    key_id: str
    others_end: datetime | None


class Keys(Struct, frozen=True):
    """The keys that were valid when they were read: digest → (source, end)."""

    holders: Mapping[bytes, tuple[str, datetime | None]] = {}

    def holder(self, key: str, now: datetime) -> str | None:
        """The source whose key it is, while it holds."""
        source, end = self.holders.get(digest(key), (None, None))
        return source if end is None or now < end else None


def digest(key: str) -> bytes:
    """What is kept of a key. It is random in full, so a plain hash cannot be guessed back, nor timed."""
    return hashlib.sha256(key.encode()).digest()


def read_keys(connection: Connection) -> Keys:
    """Every key that is not revoked nor at its end, of sources that are not shut out."""
    rows = connection.execute(
        """select digest, source, expires_at from ops.source_key as k
           where revoked_at is null and (expires_at is null or expires_at > now())
               and not exists (select from ops.source_revocation as r where r.source = k.source)"""
    )
    return Keys({bytes(found): (source, end) for found, source, end in rows})


def make_key(connection: Connection, source: str, *, made_by: str, grace: timedelta = GRACE) -> MadeKey:
    """A further key; the one before it ends after `grace`, and any older one now. Lets the source in again."""
    key = PREFIX + secrets.token_urlsafe(32)
    key_id = digest(key).hex()[:12]
    with connection.transaction():
        connection.execute("delete from ops.source_revocation where source = %s", [source])
        connection.execute(
            """update ops.source_key as k set expires_at = least(expires_at, now())
               where source = %(source)s and revoked_at is null and key_id <> (
                   select key_id from ops.source_key where source = %(source)s and revoked_at is null
                   order by created_at desc, key_id limit 1)""",
            {"source": source},
        )
        row = connection.execute(
            """update ops.source_key set expires_at = least(expires_at, now() + %s)
               where source = %s and revoked_at is null and (expires_at is null or expires_at > now())
               returning expires_at""",
            [grace, source],
        ).fetchone()
        connection.execute(
            "insert into ops.source_key (key_id, source, digest, created_by) values (%s, %s, %s, %s)",
            [key_id, source, digest(key), made_by],
        )
    return MadeKey(key, key_id, row[0] if row else None)


def revoke_key(connection: Connection, source: str, key_id: str) -> None:
    """Ends one key at once. Raises UnknownKey."""
    moved = connection.execute(
        "update ops.source_key set revoked_at = coalesce(revoked_at, now()) where source = %s and key_id = %s",
        [source, key_id],
    )
    if moved.rowcount != 1:
        raise UnknownKey(f"source {source!r} has no key {key_id!r}: 'govpulse source list' shows which")


def revoke_source(connection: Connection, source: str, *, revoked_by: str, reason: str = "") -> None:
    """Ends every key of a source, and lets no door admit anything of it. Raises UnknownKey."""
    known = connection.execute(
        "select from reference.source where source = %s and until_version is null", [source]
    ).fetchone()
    if known is None:
        raise UnknownKey(f"source {source!r} is not registered: 'govpulse source list' shows which are")
    with connection.transaction():
        connection.execute(
            "update ops.source_key set revoked_at = now() where source = %s and revoked_at is null", [source]
        )
        connection.execute(
            """insert into ops.source_revocation (source, revoked_by, reason) values (%s, %s, %s)
               on conflict (source) do nothing""",
            [source, revoked_by, reason],
        )


def list_sources(connection: Connection) -> list[dict[str, Any]]:
    """Every registered source, with its keys (never the keys themselves), whether it is shut out, or quarantined."""
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(
            """select s.source, s.authority, s.authorities, s.precedence, s.families, s.units, s.areas, s.zone,
                      s.calendar, s.rhythm_minutes, r.revoked_at, q.since as quarantined_at,
                      coalesce((
                          select jsonb_agg(jsonb_build_object(
                                     'key_id', k.key_id, 'created_at', k.created_at, 'expires_at', k.expires_at)
                                     order by k.created_at)
                          from ops.source_key as k
                          where k.source = s.source and k.revoked_at is null
                              and (k.expires_at is null or k.expires_at > now())), '[]'::jsonb) as keys
               from reference.source as s left join ops.source_revocation as r on r.source = s.source
               left join ops.source_quarantine as q on q.source = s.source and q.released_at is null
               where s.until_version is null
               order by s.source"""
        ).fetchall()

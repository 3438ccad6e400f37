"""Doors as the installation has them: its key, its register and its codes, read from the database."""

from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from connectors.admission import Door
from connectors.codes import NO_CODES, Codes, codes_of
from connectors.register import Register, Source
from streams.settings import Settings


class NoPseudonymKey(Exception):
    """Without its key no door can hide whom an event is about."""


def door_of(settings: Settings, name: str) -> Door:
    """A door with the installation's key, the registered sources and their codes."""
    with psycopg.connect(settings.database) as connection:
        return read_door(connection, name, settings.pseudonym_key.encode())


def read_door(connection: psycopg.Connection[Any], name: str, pseudonym_key: bytes) -> Door:
    """The door as the version in force has it. Raises NoPseudonymKey."""
    if not pseudonym_key:
        raise NoPseudonymKey("no key for persons' numbers: 'govpulse up' makes one, or set GOVPULSE_PSEUDONYM_KEY")
    return Door(name, pseudonym_key, registered(connection), registered_codes(connection))


def registered(connection: psycopg.Connection[Any]) -> Register:
    """The register in force, who was shut out, and who is quarantined."""
    rows = connection.execute(
        """select s.source, s.authority, s.authorities, s.families, s.units, s.areas, s.zone,
                  exists (select from ops.source_revocation as r where r.source = s.source),
                  exists (select from ops.source_quarantine as q where q.source = s.source and q.released_at is null)
           from reference.source as s where s.until_version is null"""
    ).fetchall()
    areas = connection.execute(
        "select unit_code, area_code from reference.unit where until_version is null and area_code is not null"
    )
    marked = connection.execute(
        "select authority from reference.authority where until_version is null and clock = 'marked'"
    )
    return Register(
        {row[0]: _source(*row) for row in rows},
        dict(areas.fetchall()),
        frozenset(authority for (authority,) in marked),
    )


def registered_codes(connection: psycopg.Connection[Any]) -> Codes:
    """The code maps in force; their days are those of the default schedule's zone."""
    rows = connection.execute(
        """select source, event_type, field, code, valid_from, valid_to, value
           from reference.code_map where until_version is null"""
    ).fetchall()
    zone = connection.execute(
        """select s.zone from reference.schedule_assignment as a
           inner join reference.schedule as s on s.schedule = a.schedule and s.until_version is null
           where a.scope_type = 'default' and a.until_version is null"""
    ).fetchone()
    return codes_of(rows, ZoneInfo(zone[0])) if zone else NO_CODES


def _source(source: str, authority: str, *lists_and_rest: Any) -> Source:
    *lists, zone, is_revoked, is_quarantined = lists_and_rest
    authorities, families, units, areas = (frozenset(text.split()) for text in lists)
    return Source(
        source,
        authority,
        authorities,
        families,
        units,
        areas,
        ZoneInfo(zone) if zone else None,
        is_revoked,
        is_quarantined,
    )

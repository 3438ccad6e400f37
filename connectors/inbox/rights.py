"""Rights: what a source may do on the broker. It writes its inbox, reads its refusals, and nothing else."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.admin import UserScramCredentialDeletion as Deletion
from kafka.admin import UserScramCredentialUpsertion as Upsertion
from kafka.errors import NoError, SecurityDisabledError
from msgspec import Struct

from connectors.inbox.names import inbox_topic, name_of, rejected_topic
from connectors.inbox.topics import CONFIG, ensure_inboxes
from streams.settings import Settings
from streams.topics import partitions_of

MECHANISM = "SCRAM-SHA-512"
ITERATIONS = 8192
#: In printed commands: where the password comes from.
PASSWORD = "$PASSWORD"  # noqa: S105 - a name, not a password


class Right(Struct, frozen=True):
    """One ACL: `operation` (write, read) on a `kind` (topic, group) of this very name."""

    kind: str
    name: str
    operation: str


class NotGranted(Exception):
    """The broker did not take a user or a right; the message says which."""


def user_of(settings: Settings, source: str) -> str:
    """The name by which a source is known to the broker."""
    return settings.topic(name_of(source))


def rights_of(settings: Settings, source: str) -> list[Right]:
    """All that a source may. Describing follows from reading and writing, idempotent writing from writing any topic."""
    inbox, rejected = settings.topic(inbox_topic(source)), settings.topic(rejected_topic(source))
    return [Right("topic", inbox, "write"), Right("topic", rejected, "read"), Right("group", rejected, "read")]


def commands(settings: Settings, source: str) -> list[str]:
    """What does the same as `grant` with Kafka's own tools; `$PASSWORD` is the operator's to choose."""
    server = f"--bootstrap-server {settings.kafka or 'HOST:PORT'} --command-config admin.properties"
    user = user_of(settings, source)
    configs = " ".join(f"--config {name}={value}" for name, value in CONFIG.items())
    made = [
        f"kafka-topics.sh {server} --create --if-not-exists --topic {topic} "
        f"--partitions {partitions_of(settings, topic)} --replication-factor {settings.replication} {configs}"
        for topic in map(settings.topic, (inbox_topic(source), rejected_topic(source)))
    ]
    credential = f"{MECHANISM}=[iterations={ITERATIONS},password={PASSWORD}]"
    made.append(
        f'kafka-configs.sh {server} --alter --entity-type users --entity-name {user} --add-config "{credential}"'
    )
    return made + [
        f"kafka-acls.sh {server} --add --allow-principal User:{user} "
        f"--operation {right.operation.capitalize()} --{right.kind} {right.name}"
        for right in rights_of(settings, source)
    ]


def grant(settings: Settings, source: str) -> str:
    """Makes topics, user and rights; returns the new password, which is nowhere kept. Raises KafkaError, NotGranted."""
    ensure_inboxes(settings, [source])
    password = secrets.token_urlsafe(32)
    user = user_of(settings, source)
    with _admin(settings) as admin:
        outcome = admin.create_acls([_acl(user, right) for right in rights_of(settings, source)])
        _all_well(f"rights of {user}", [_said(error) for error in outcome["failed"]])
        made = admin.alter_user_scram_credentials([Upsertion(user, MECHANISM, password, iterations=ITERATIONS)])
        _all_well(f"password of {user}", made.values())
    return password


def withdraw(settings: Settings, source: str) -> None:
    """Takes every right of the source's user away, and its password. Topics stay. Raises KafkaError."""
    user = user_of(settings, source)
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    with _admin(settings) as admin:
        every = ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
        _all_well(f"rights of {user}", [_said(error) for _, _, error in admin.delete_acls([every])])
        if admin.describe_user_scram_credentials([user])[user]["credential_infos"]:
            made = admin.alter_user_scram_credentials([Deletion(user, MECHANISM)])
            _all_well(f"password of {user}", made.values())


def _acl(user: str, right: Right) -> ACL:
    pattern = ResourcePattern(ResourceType[right.kind.upper()], right.name)
    return ACL(f"User:{user}", "*", ACLOperation[right.operation.upper()], ACLPermissionType.ALLOW, pattern)


def _said(error: Any) -> str | None:
    """What to say of one of the library's classes of errors; None where there was none."""
    if error is NoError:
        return None
    if error is SecurityDisabledError:
        return "the broker asks nobody: set authorizer.class.name (docs/doors.md)"
    return str(error.__name__)


def _all_well(what: str, faults: Iterable[str | None]) -> None:
    found = sorted({fault for fault in faults if fault})
    if found:
        raise NotGranted(f"{what}: {'; '.join(found)}")


@contextmanager
def _admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(**settings.kafka_client(), client_id="govpulse")
    try:
        yield admin
    finally:
        admin.close()

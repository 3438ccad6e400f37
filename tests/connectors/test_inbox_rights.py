"""With the broker's authorizer switched on: a source writes its inbox and reads its refusals, and nothing else."""

import json

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType
from kafka.admin import UserScramCredentialUpsertion as Upsertion
from kafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
)
from msgspec.structs import replace

from connectors.inbox.names import inbox_topic, rejected_topic
from connectors.inbox.rights import NotGranted, commands, grant, user_of, withdraw
from connectors.kafka import ensure_topics
from tests.connectors.gateways import registered
from tests.connectors.inboxes import take_in_once
from tests.connectors.test_inbox import BUREAU, HALL, told
from tests.infra.test_platform import Commands
from tests.servers import Watch, kafka_server

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A broker that asks who is there and what he may: (guard, its guarded address)."""
    home = tmp_path_factory.mktemp("watched")
    guard = Watch(home)
    server, bootstrap = kafka_server(home, guard=guard)
    server.start()
    yield guard, bootstrap
    server.stop()


@pytest.fixture
def ours(settings, watched):
    """An installation on that broker, spoken to by the operator; two sources with their rights."""
    ours = replace(settings, kafka=watched[0].open)
    ensure_topics(ours)
    for source in (HALL, BUREAU):
        registered(ours, source)
    return ours


class Client:
    """What a source's own programs do, with the password that the operator gave them."""

    def __init__(self, watched, user: str, password: str) -> None:
        guard, bootstrap = watched
        self.options = {
            "bootstrap_servers": bootstrap, "security_protocol": "SASL_SSL", "ssl_cafile": str(guard.authority),
            "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": user, "sasl_plain_password": password,
            "bootstrap_timeout_ms": 5000,
        }  # fmt: skip

    def write(self, topic: str, value: bytes) -> None:
        producer = KafkaProducer(**self.options, acks="all", max_block_ms=4000)
        try:
            producer.send(topic, value).get(10)
        finally:
            producer.close(timeout=1)

    def read(self, topic: str, *, group: str | None = None) -> list[bytes]:
        reader = KafkaConsumer(**self.options, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)
        try:
            if group:
                reader.subscribe([topic])
            else:
                reader.assign([TopicPartition(topic, number) for number in range(3)])
            for _ in range(20):
                found = [record.value for records in reader.poll(500).values() for record in records]
                if found:
                    return found
            return []
        finally:
            reader.close(autocommit=False, timeout_ms=1000)

    def ends(self, topic: str) -> int:
        """How many records a topic has; only who may read or write it may know."""
        reader = KafkaConsumer(**self.options)
        try:
            return sum(reader.end_offsets([TopicPartition(topic, number) for number in range(3)], 3000).values())
        finally:
            reader.close()

    def topics(self) -> set[str]:
        admin = KafkaAdminClient(**self.options)
        try:
            return set(admin.list_topics())
        finally:
            admin.close()


def test_a_source_writes_its_inbox_and_reads_its_refusals_and_nothing_else(ours, watched):
    hall, bureau = (Client(watched, user_of(ours, source), grant(ours, source)) for source in (HALL, BUREAU))
    hall_inbox, bureau_inbox = (ours.topic(inbox_topic(source)) for source in (HALL, BUREAU))
    hall_refusals, bureau_refusals = (ours.topic(rejected_topic(source)) for source in (HALL, BUREAU))
    hall.write(hall_inbox, json.dumps(told("a")).encode())
    hall.write(hall_inbox, b"not JSON")
    bureau.write(bureau_inbox, b"not JSON")
    assert take_in_once(inbox_user(ours, watched)) == (1, 2)

    assert [json.loads(one)["code"] for one in hall.read(hall_refusals, group=hall_refusals)] == ["not_json"]
    assert hall.topics() == {hall_inbox, hall_refusals}
    for topic in (bureau_inbox, hall_refusals, bureau_refusals, ours.topic("events.case"), ours.topic("rejected")):
        with pytest.raises(TopicAuthorizationFailedError):
            hall.write(topic, json.dumps(told("b")).encode())
    with pytest.raises(TopicAuthorizationFailedError):
        hall.read(hall_inbox)
    assert hall.ends(hall_refusals) == 1
    for topic in (bureau_inbox, bureau_refusals, ours.topic("events.case"), ours.topic("rejected")):
        with pytest.raises((TopicAuthorizationFailedError, KafkaTimeoutError)):  # to him it is not there
            hall.ends(topic)
    for group in (ours.group("inbox"), bureau_refusals, "another"):
        with pytest.raises(GroupAuthorizationFailedError):
            hall.read(hall_refusals, group=group)

    # whoever shows no password, a wrong one, or the one that held before, is not let in
    for password in ("", "wrong"):
        with pytest.raises(KafkaError):
            Client(watched, user_of(ours, HALL), password).topics()
    grant(ours, HALL)
    with pytest.raises(KafkaError):
        hall.topics()
    withdraw(ours, BUREAU)
    with pytest.raises(KafkaError):
        bureau.topics()


def inbox_user(ours, watched):
    """The installation as a user of its own sees it, who has the rights of docs/doors.md and no others."""
    user = f"{ours.topic_prefix}inbox"
    rights = [
        (ResourceType.TOPIC, "inbox.", ACLOperation.READ),
        (ResourceType.TOPIC, "events.", ACLOperation.WRITE),
        (ResourceType.TOPIC, "rejected", ACLOperation.WRITE),
        (ResourceType.GROUP, "govpulse.inbox", ACLOperation.READ),
    ]
    admin = KafkaAdminClient(bootstrap_servers=ours.kafka)
    admin.alter_user_scram_credentials([Upsertion(user, "SCRAM-SHA-512", "of the inbox")])
    outcome = admin.create_acls(
        [
            ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW,
                ResourcePattern(kind, ours.topic(name), ACLResourcePatternType.PREFIXED))
            for kind, name, operation in rights
        ]
    )  # fmt: skip
    admin.close()
    assert not outcome["failed"]
    guard, bootstrap = watched
    return replace(
        ours, kafka=bootstrap, kafka_security_protocol="SASL_SSL", kafka_ssl_cafile=str(guard.authority),
        kafka_sasl_mechanism="SCRAM-SHA-512", kafka_sasl_username=user, kafka_sasl_password="of the inbox",
    )  # fmt: skip


def test_the_operator_gets_the_commands_or_has_it_done(ours, tmp_path):
    told = {f"GOVPULSE_{name.upper()}": str(getattr(ours, name)) for name in ("kafka", "database", "topic_prefix")}
    govpulse = Commands(tmp_path / "home", **told)
    printed = govpulse("source", "kafka", HALL).stdout.splitlines()
    assert printed == commands(ours, HALL)
    user, inbox = user_of(ours, HALL), ours.topic(inbox_topic(HALL))
    assert [line.split()[0] for line in printed] == ["kafka-topics.sh"] * 2 + ["kafka-configs.sh"] + [
        "kafka-acls.sh"
    ] * 3
    assert printed[3].endswith(f"--add --allow-principal User:{user} --operation Write --topic {inbox}")
    done = json.loads(govpulse("source", "kafka", HALL, "--apply", "--json").stdout)
    assert (done["user"], len(done["password"])) == (user, 43)
    assert done["rights"][0] == {"kind": "topic", "name": inbox, "operation": "write"}
    assert govpulse("source", "kafka", HALL, "--remove").returncode == 0
    assert "is not registered" in govpulse("source", "kafka", "urn:nobody").stderr


def test_a_broker_that_asks_nobody_is_said(settings):
    ensure_topics(settings)
    with pytest.raises(NotGranted, match="the broker asks nobody"):
        grant(settings, HALL)

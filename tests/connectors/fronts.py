"""Front-end databases (前置库) of a department, on a real server, and a poller that reads them."""

import json
import os
import subprocess
import sys
import threading

import psycopg
from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import create_engine, make_url, text

from connectors.doors import registered
from connectors.kafka import ensure_topics
from connectors.polling.database import Database
from connectors.polling.run import Heard, Job, poll, prepared
from connectors.sources.census import authority_rows
from connectors.sources.mapping import load_mapping, read_mapping
from infra.reference_data import load
from streams import wire
from streams.domain.subject import entry_of, join, new_subject
from tests.servers import REPOSITORY

SOURCE = "urn:gov:360200:ea-jc"
#: As the provinces' public copies have them; times without a zone, text of fixed width.
EA_JC = {
    "EA_JC_BASICINFO": """ORGBUSNO varchar(50), PROJID varchar(50), DATAVER int, REGION_ID char(12), ITEMNO char(40),
        ACCEPTDEPTID varchar(50), APPROVALTYPE char(2), PROMISETIMELIMIT int, PROMISETIMEUNIT char(2), TIMELIMIT int,
        TIMEUNIT char(2), SUBMIT char(2), APPLICANT varchar(100), OCCURTIME {time}, MAKETIME {time}""",
    "EA_JC_PROC": """ORGBUSNO varchar(50), PROJID varchar(50), SN int, DATAVER int, NODENAME varchar(100), PROCUNIT varchar(50),
        NODESTATE char(2), NODESTARTTIME {time}, NODEENDTIME {time}, TIMELIMIT int, PROMISETIMEUNIT char(2),
        NODERESULT char(2), CD_OPERATION char(2), MAKETIME {time}""",
    "EA_JC_SPECIALNODE": """ORGBUSNO varchar(50), PROJID varchar(50), SN int, DATAVER int, NODENAME varchar(100),
        NODESTARTTIME {time}, NODEENDTIME {time}, NOTETIME {time}, NODEPROCACCORD varchar(200), NODERESULT char(2), MAKETIME {time}""",
    "EA_JC_DONE": """ORGBUSNO varchar(50), PROJID varchar(50), DATAVER int, DONERESULT char(2), CERTIFICATENO varchar(50),
        ISFEE char(1), FEE numeric(12, 2), OCCURTIME {time}, CD_OPERATION char(2), MAKETIME {time}""",
    "EA_JC_SERVEVAL": "ORGBUSNO varchar(50), PROJID varchar(50), DATAVER int, EVALRESULT char(4), EVALDATE {time}, MAKETIME {time}",
}


class Front:
    """A database that a department fills: `url` as the poller gets it, `engine` as the department has it."""

    def __init__(self, url, *, time, options=""):
        self.url, self.time, self.options = url, time, options
        self.engine = create_engine(url)

    def run(self, statement, *rows):
        """How many rows it concerned."""
        with self.engine.begin() as connection:
            return connection.execute(text(statement), *([list(rows)] if rows else [])).rowcount

    def count(self, name):
        with self.engine.connect() as connection:
            return connection.execute(text(f"select count(*) from {name}")).scalar_one()

    def create(self, name, columns):
        self.run(f"create table {name} ({columns.format(time=self.time)}){self.options}")

    def create_ea_jc(self, *names):
        for name in names or EA_JC:
            self.create(name, EA_JC[name])

    def put(self, name, *rows):
        """Rows as dicts; columns that are not named stay empty."""
        with self.engine.begin() as connection:
            for row in rows:
                connection.execute(self.insert(name, row), row)

    def insert(self, name, row):
        return text(f"insert into {name} ({', '.join(row)}) values ({', '.join(f':{one}' for one in row)})")

    def close(self):
        self.engine.dispose()


class Log:
    """What was sent, without a broker: where the source's database is the point."""

    def __init__(self):
        self.messages = []

    def __call__(self, _):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def send(self, topic, key, value, **_):
        self.messages.append((topic, key, value))

    def flush(self):
        pass


class Poller:
    """An installation with its source registered, and what was sent: into a list, or into `kafka`."""

    def __init__(
        self, settings, front, *names, source=SOURCE, zone="Asia/Shanghai", authority="jdz", kafka=False, **job
    ):
        self.kept = None if kafka else Log()
        if kafka:
            ensure_topics(settings)
        else:
            job |= {"deliver": self.kept}
        row = {"source": source, "authority": authority, "precedence": "0"} | ({"zone": zone} if zone else {})
        load(settings.database, {"source": [row]}, loaded_by="test")
        self.settings, self.front, self.names, self.job = settings, front, names, job
        self.accounts, self.unmarked, self.aways = [], [], []

    def mapping(self, name):
        found = read_mapping(name) if "\n" in name else load_mapping(name)
        with psycopg.connect(self.settings.database) as connection:
            found = prepared(found, registered(connection))
        rows = authority_rows(found)
        if rows:
            load(self.settings.database, rows, loaded_by="test")
        return found

    def look(self, **job):
        """One look at every table; the accounts of it."""
        return self.look_at(self.front.url, **job)

    def look_at(self, url, **job):
        """The same with another address of the database."""
        self.accounts.clear()
        given = self.job_of(url, **job)
        try:
            poll(given, threading.Event(), self.heard_by(self.aways.append), every=0.1, once=True)
        finally:
            given.database.close()
        return list(self.accounts)

    def job_of(self, url=None, **job):
        mappings = [self.mapping(name) for name in self.names]
        database = Database(url or self.front.url)
        return Job(settings=self.settings, database=database, mappings=mappings, **(self.job | job))

    def heard_by(self, away):
        return Heard(
            lambda _, account: self.accounts.append(account),
            lambda _, rows: self.unmarked.append(rows),
            lambda line, _: away(line),
        )

    def start(self, *options, mappings=None, **environment):
        """`govpulse poll`, as people start it."""
        return self._start("poll", *options, mappings=mappings or self.names, environment=environment)

    def start_capture(self, *options):
        """`govpulse capture`, as people start it."""
        return self._start("capture", *options, mappings=self.names, environment={})

    def _start(self, verb, *options, mappings, environment):
        names = [part for name in mappings for part in ("-m", str(name))]
        return subprocess.Popen(
            [sys.executable, "-m", "infra.cli", verb, *names, *options],
            cwd=REPOSITORY, env=self.environment() | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def environment(self):
        url = make_url(self.front.url)
        settings = self.settings
        return os.environ | {
            "GOVPULSE_HOME": str(settings.home), "GOVPULSE_KAFKA": settings.kafka, "GOVPULSE_DATABASE": settings.database,
            "GOVPULSE_TOPIC_PREFIX": settings.topic_prefix, "GOVPULSE_PARTITIONS": str(settings.partitions),
            "GOVPULSE_PSEUDONYM_KEY": settings.pseudonym_key,
            "GOVPULSE_POLL_DATABASE": url.set(password=None).render_as_string(),
            **({"GOVPULSE_POLL_PASSWORD": url.password} if url.password else {}),
        }  # fmt: skip

    def log(self, topic="events.case"):
        """Every message of a topic: events, or what was refused."""
        if self.kept is None:
            records = [(record.key, record.value) for record in read(self.settings, topic)]
        else:
            records = [(key, value) for where, key, value in self.kept.messages if where == topic]
        return [json.loads(value) if topic == "rejected" else wire.decode(value, key=key) for key, value in records]

    def sent(self, topic="events.case"):
        if self.kept is not None:
            return len(self.log(topic))
        consumer = KafkaConsumer(bootstrap_servers=self.settings.bootstrap)
        name = self.settings.topic(topic)
        total = sum(
            consumer.end_offsets([TopicPartition(name, n) for n in consumer.partitions_for_topic(name)]).values()
        )
        consumer.close()
        return total

    def facts(self):
        """(number, record) → (type, version, data) of what stands, whatever order and number of messages said it."""
        subjects = {}
        for event in self.log():
            known = subjects.get(event.subject) or new_subject("case", event.subject_key)
            subjects[event.subject] = join(known, [entry_of(event, event.at)])
        return {
            (number, entry.record_key): (entry.type, entry.data_version, json.loads(entry.data))
            for number, subject in subjects.items()
            for entry in subject.entries.values()
            if not entry.is_deletion
        }


def read(settings, topic):
    """Every record of a topic up to its present end."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    name = settings.topic(topic)
    places = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name)]
    consumer.assign(places)
    ends = consumer.end_offsets(places)
    found = []
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=500).values():
            found += records
    consumer.close()
    return found

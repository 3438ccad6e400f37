"""The HTTP door against bodies made to break it: each gets a code, nothing falls over, nothing grows."""

import asyncio
import gc
import json
import os
import random
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from connectors.admission import Door, admit_bytes, rejection
from connectors.gateway import answers
from connectors.gateway.bodies import read_body
from connectors.gateway.capacity import Capacity
from connectors.gateway.problems import Problem
from connectors.kafka import ensure_topics
from connectors.reasons import REASONS
from connectors.register import Source, register_of
from streams.wire import Rejected
from tests.cases import document
from tests.connectors.gateways import BATCH, SINGLE, gateway, registered
from tests.connectors.test_bodies import pieces
from tests.servers import REPOSITORY

HALL = "urn:gov:360200:hall"
DOOR = Door("test", b"key", register_of([Source(HALL, "jdz")]))
PIECES = (b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u0000", b"\\ud800", b"\x00", b"\xff", b"1e999", b"-", b",", b":", b"null",
          b'"data":', b"[" * 50, b'{"a":' * 50, "一".encode(), b"9" * 400, b"NaN", b"\r\n")  # fmt: skip


def malformed(dice: random.Random) -> bytes:
    """A good event, torn and mended at random."""
    event = document("accepted", "2026-11-23", source=HALL, matter_code="M007", unit_code="u1", id=str(dice.random()))
    content = bytearray(json.dumps(event).encode())
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(content))
        match dice.randrange(3):
            case 0:
                del content[place : place + dice.randint(1, 40)]
            case 1:
                content[place:place] = dice.choice(PIECES)
            case _:
                content[place] = dice.randrange(256)
    return bytes(content)


async def said(content: bytes) -> str:
    """The code that a body gets, or 'received' where it is none the worse."""
    hold = Capacity(1 << 22).hold(HALL)
    try:
        (message,) = (await read_body({"content-type": SINGLE}, pieces(content, 65536), hold)).messages
    except Problem as problem:
        return problem.code
    now = datetime(2026, 11, 24, tzinfo=UTC)
    found = admit_bytes(DOOR, message, now=now, teller=HALL)
    if not isinstance(found, Rejected):
        return "received"
    json.loads(rejection(DOOR, content, found, now=now))
    return answers.rejected(0, found, message).message.code


async def said_of(dice: random.Random, number: int) -> set[str]:
    codes = set()
    for _ in range(number):
        codes.add(await said(malformed(dice)))
        await asyncio.sleep(0)
    return codes


@pytest.mark.slow
def test_a_hundred_thousand_malformed_bodies_each_get_a_code_and_leave_nothing_behind():
    dice, process = random.Random(20261124), psutil.Process()
    codes = asyncio.run(said_of(dice, 20_000))
    gc.collect()
    before = process.memory_info().rss
    codes |= asyncio.run(said_of(dice, 80_000))
    gc.collect()
    assert process.memory_info().rss - before < 4 * 1024 * 1024
    assert codes <= {*REASONS, "received"}
    assert len(codes) > 10


@pytest.mark.broker
def test_malformed_requests_get_a_code_from_the_running_door(settings, tmp_path):
    dice = random.Random(1)
    ensure_topics(settings)
    key = registered(settings, HALL)
    with gateway(settings, tmp_path / "gateway.log") as running, running.client(key) as client:
        process = psutil.Process(running.process.pid)
        codes, memory = set(), []
        for number in range(4000):
            content = malformed(dice)
            headers = {"content-type": dice.choice([SINGLE, BATCH, "application/json", "text/plain"])}
            headers |= dice.choice([{}, {}, {"content-encoding": "gzip"}, {"ce-specversion": "1.0"}])
            answer = client.post("/v1/events", content=content, headers=headers)
            assert answer.status_code < 500, (answer.text, content, headers)
            told = answer.json()
            codes.add(told.get("code") or told["events"][0].get("code", "received") if told.get("events") != [] else "")
            if number % 1000 == 999:
                memory.append(process.memory_info().rss)
        assert codes <= {*REASONS, "received"}
        assert memory[-1] - memory[0] < 16 * 1024 * 1024
        assert client.get("/readyz").status_code == 200


@pytest.mark.broker
@pytest.mark.slow
def test_schemathesis_finds_no_server_error(settings, tmp_path):
    ensure_topics(settings)
    key = registered(settings, HALL)
    with gateway(settings, tmp_path / "gateway.log") as running:
        assert "cdn" not in httpx.get(f"{running.url}/docs", trust_env=False).text
        done = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "run", f"{running.url}/openapi.json",
             "--header", f"Authorization: Bearer {key}", "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
             "--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--continue-on-failure", "--seed", "1", "--no-color"],
            capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.broker
def test_the_page_for_developers_says_what_happens(settings, tmp_path):
    """The commands of docs/doors.md, word by word."""
    ensure_topics(settings)
    text = (REPOSITORY / "docs" / "doors.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(curl .*?)```", text, re.DOTALL | re.MULTILINE)
    expected = re.search(r"```json\n(.*?)```", text, re.DOTALL)[1]
    key = registered(settings, "urn:gov:360200:zjj-gg", zone="Asia/Shanghai")
    with gateway(settings, tmp_path / "gateway.log") as running:
        outcomes = [
            subprocess.run(
                command, shell=True, env=os.environ | {"GATEWAY": running.url, "KEY": key}, capture_output=True, text=True, check=False,
            )
            for command in commands
        ]  # fmt: skip
    assert (outcomes[0].returncode, json.loads(outcomes[0].stdout)) == (0, json.loads(expected)), outcomes[0]
    told = json.loads(outcomes[1].stdout)["events"][0]  # in binary mode; without a note: every word of it is ours
    assert (told["verdict"], told["id"], "notes" in told) == ("received", "360200-2026-0001234-2", False)
    assert json.loads(outcomes[2].stdout)["code"] == "no_receipt"  # nothing lands in this test

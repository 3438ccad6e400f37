"""Bodies within their limits: what is too much is cut off, whatever its sender promises."""

import asyncio
import gzip
import json
import tracemalloc
import zlib
from http import HTTPStatus

import pytest

from connectors.gateway import bodies
from connectors.gateway.bodies import BATCH, LARGEST_BATCH, STRUCTURED, read_body
from connectors.gateway.capacity import EACH, Capacity
from connectors.gateway.problems import Problem
from connectors.told import LARGEST_EVENT

BINARY = {"content-type": "application/json", "ce-specversion": "1.0", "ce-id": "a%20b", "ce-dataversion": "2"}


async def pieces(content: bytes, size: int):
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read(content: bytes, *, most: int = 1 << 30, piece: int = 65536, **headers: str):
    capacity = Capacity(most)
    hold = capacity.hold("urn:s")
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        return asyncio.run(read_body(told, pieces(content, piece), hold))
    finally:
        hold.release()
        assert capacity.held == 0


def refused(content: bytes, **given) -> tuple[int, str]:
    with pytest.raises(Problem) as found:
        read(content, **given)
    return int(found.value.status), found.value.code


def test_the_three_modes_give_messages():
    assert read(b'{"id":"1"}', content_type=STRUCTURED).messages == [b'{"id":"1"}']
    assert read(b'{"id":"1"}', content_type=f"{STRUCTURED}; charset=UTF-8").messages == [b'{"id":"1"}']
    batch = read(b' [ {"id": "1"}, 17, [] ] ', content_type=BATCH)
    assert (batch.messages, batch.is_batch) == ([b'{"id": "1"}', b"17", b"[]"], True)
    assert read(b"[]", content_type=BATCH).messages == []
    told = asyncio.run(read_body(BINARY, pieces(b'{"result":"granted"}', 7), Capacity(1 << 22).hold("urn:s")))
    assert told.messages == [{"specversion": "1.0", "id": "a b", "dataversion": 2, "data": {"result": "granted"}}]


def test_a_binary_body_cannot_break_out_into_attributes():
    with pytest.raises(Problem) as found:
        asyncio.run(read_body(BINARY, pieces(b'{},"source":"urn:another"', 99), Capacity(1 << 22).hold("urn:s")))
    assert found.value.code == "not_json"


@pytest.fixture(scope="module")
def bomb():
    return gzip.compress(b"[" + b" " * 200_000_000, compresslevel=1)


@pytest.mark.parametrize("piece", [1000, 65536, 10_000_000])
def test_a_gzip_bomb_is_cut_at_the_limit(bomb, piece):
    tracemalloc.start()
    assert refused(bomb, content_type=BATCH, content_encoding="gzip", piece=piece) == (413, "body_too_large")
    assert tracemalloc.get_traced_memory()[1] < 4 * LARGEST_BATCH
    tracemalloc.stop()


def test_what_fits_packed_and_unpacked_is_read():
    content = json.dumps([{"id": str(number)} for number in range(1000)]).encode()
    assert len(read(gzip.compress(content), content_type=BATCH, content_encoding="gzip").messages) == 1000
    exactly = b'"' + b"x" * (LARGEST_EVENT - 2) + b'"'
    assert read(exactly, content_type=STRUCTURED).messages == [exactly]
    assert refused(exactly + b" ", content_type=STRUCTURED) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("content", "headers", "said"),
    [
        (b"{}", {}, (415, "unsupported_media_type")),
        (b"{}", {"content_type": "application/json"}, (415, "unsupported_media_type")),
        (b"<x/>", {"content_type": "text/xml", "ce_specversion": "1.0"}, (415, "unsupported_media_type")),
        (b"{}", {"content_type": f"{STRUCTURED};charset=gb18030"}, (415, "unsupported_media_type")),
        (b"{}", {"content_type": STRUCTURED, "content_encoding": "br"}, (415, "unsupported_encoding")),
        (b"{}", {"content_type": STRUCTURED, "content_encoding": "gzip"}, (400, "bad_gzip")),
        (
            gzip.compress(b"{}", mtime=0)[:-5],
            {"content_type": STRUCTURED, "content_encoding": "gzip"},
            (400, "bad_gzip"),
        ),
        (
            gzip.compress(b"{}", mtime=0) + b"x",
            {"content_type": STRUCTURED, "content_encoding": "gzip"},
            (400, "bad_gzip"),
        ),
        (b"{}", {"content_type": STRUCTURED, "content_length": "99999999"}, (413, "body_too_large")),
        (b"{}", {"content_type": BATCH}, (400, "not_a_list")),
        (b"[{}", {"content_type": BATCH}, (400, "not_json")),
        (b"[{}]x", {"content_type": BATCH}, (400, "not_json")),
        (b"", {"content_type": BATCH}, (400, "not_json")),
        (b"[" * 100_000, {"content_type": BATCH}, (400, "too_deep")),
        (b"[" + b"1," * 1000 + b"1]", {"content_type": BATCH}, (413, "too_many_events")),
        (b"{", {"content_type": "", "ce_specversion": "1.0"}, (400, "not_json")),
        (b"{}", {"content_type": "", "ce_specversion": "1.0", "ce_id": "%ff"}, (400, "bad_header")),
        (b"{}", {"content_type": "", "ce_specversion": "1.0", "ce_id": "é"}, (400, "bad_header")),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_status(content, headers, said):
    assert refused(content, **headers) == said


def test_empty_deflate_blocks_do_not_go_on_for_ever():
    packer = zlib.compressobj(wbits=31)
    empty = b"".join(packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(10))
    stream = empty + empty[10:] * (LARGEST_EVENT // len(empty[10:]))
    assert refused(stream, content_type=STRUCTURED, content_encoding="gzip") == (413, "body_too_large")


def test_a_body_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "SLOWEST", 0.05)

    async def trickle():
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    with pytest.raises(Problem) as found:
        asyncio.run(read_body({"content-type": STRUCTURED}, trickle(), Capacity(1 << 22).hold("urn:s")))
    assert (found.value.status, found.value.code) == (HTTPStatus.REQUEST_TIMEOUT, "too_slow")


def test_more_than_the_door_can_hold_is_asked_to_wait_and_a_source_may_hold_half():
    capacity = Capacity(10 * EACH)
    holds = [capacity.hold("urn:a") for _ in range(5)]
    with pytest.raises(Problem) as one:
        capacity.hold("urn:a")
    assert (one.value.status, one.value.code) == (HTTPStatus.TOO_MANY_REQUESTS, "too_much_at_once")
    holds += [capacity.hold("urn:b") for _ in range(5)]
    with pytest.raises(Problem) as all_:
        capacity.hold("urn:c")
    assert (all_.value.status, all_.value.code) == (HTTPStatus.SERVICE_UNAVAILABLE, "busy")
    assert int(all_.value.headers["retry-after"]) > 0
    with pytest.raises(Problem):
        holds[0].add(1)
    for hold in (*holds, *holds):
        hold.release()
    assert capacity.held == 0
    capacity.hold("urn:a").add(4 * EACH)

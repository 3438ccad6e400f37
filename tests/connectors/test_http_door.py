"""The publisher's HTTP door and what servers answer: ours, proxies before it, and servers that break."""

import gzip
import json
import socket
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from connectors.publisher import HttpDoor
from connectors.publisher.http_door import retry_after
from connectors.publisher.messages import Message, NotNow, Refusal, Unwelcome

MESSAGES = [Message(number, f"jdz|{number}", f"i{number}", b'{"id":"i%d"}' % number) for number in (1, 2, 3)]


class Server:
    """Answers each request with the next of its answers: (status, headers, body); None hangs up without one."""

    def __init__(self, *answers, tls=None):
        self.answers, self.requests = list(answers), []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.requests.append((self.path, dict(self.headers), json.loads(gzip.decompress(body))))
                answer = outer.answers.pop(0)
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, content = answer
                content = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def verdicts(*codes):
    said = [{"index": index, "verdict": "rejected" if code else "received"} | ({"code": code, "field": "time", "detail": "d"} if code else {})
            for index, code in enumerate(codes)]  # fmt: skip
    return {"received": codes.count(None), "rejected": len(codes) - codes.count(None), "events": said}


def test_every_event_has_its_own_verdict_whatever_the_status():
    refusal = Refusal("bad_time", "time", "d")
    answers = [
        (202, {}, verdicts(None, None, None)),
        (207, {}, verdicts(None, "bad_time", None)),
        (400, {}, verdicts("bad_time", "bad_time", "bad_time")),
        (207, {}, verdicts(None, "bad_time", None) | {"events": verdicts(None, "bad_time", None)["events"][::-1]}),
    ]
    with Server(*answers) as server:
        door = HttpDoor(f"{server.url}/prefix/", "a key")
        assert door.send(MESSAGES) == [None, None, None]
        assert door.send(MESSAGES) == [None, refusal, None]
        assert door.send(MESSAGES) == [refusal, refusal, refusal]
        assert door.send(MESSAGES) == [None, refusal, None]
        door.close()
    path, headers, body = server.requests[0]
    assert path == "/prefix/v1/events"
    assert headers["authorization"] == "Bearer a key"
    assert headers["content-type"] == "application/cloudevents-batch+json"
    assert body == [{"id": "i1"}, {"id": "i2"}, {"id": "i3"}]


@pytest.mark.parametrize(
    ("status", "headers", "body", "after"),
    [
        (429, {"Retry-After": "7"}, {"code": "too_much_at_once"}, 7),
        (503, {"Retry-After": "5"}, {"code": "kafka_away"}, 5),
        (502, {}, b"<html>bad gateway</html>", None),
        (504, {}, b"\xff\xfe", None),
        (401, {}, {"code": "unauthorised"}, None),
        (403, {}, b"a proxy says no", None),
        (404, {}, {"code": "not_found"}, None),
        (301, {"Location": "/"}, b"", None),
        (408, {}, {"code": "too_slow"}, None),
        (200, {}, b"somebody else's page", None),
        (202, {}, verdicts(None), None),  # fewer verdicts than events
    ],
)
def test_what_concerns_no_event_is_tried_again(status, headers, body, after):
    with Server((status, headers, body)) as server:
        door = HttpDoor(server.url, "a key")
        with pytest.raises(NotNow, match=f"HTTP {status}") as caught:
            door.send(MESSAGES)
        assert caught.value.after == after
        assert "a key" not in str(caught.value)
        door.close()


@pytest.mark.parametrize(
    ("status", "body", "code", "is_fault"),
    [
        (400, {"code": "not_json"}, "not_json", False),
        (413, b"<html>too large</html>", "http_413", False),
        (422, b"", "http_422", False),
        (500, b"Internal Server Error", "http_500", True),
    ],
)
def test_what_some_event_may_have_caused_is_told_apart(status, body, code, is_fault):
    with Server((status, {}, body)) as server:
        door = HttpDoor(server.url, "a key")
        with pytest.raises(Unwelcome) as caught:
            door.send(MESSAGES)
        assert (caught.value.refusal.code, caught.value.is_fault) == (code, is_fault)
        door.close()


def test_a_connection_that_has_ended_meanwhile_is_opened_again_at_once():
    with Server((202, {}, verdicts(None, None, None)), None, (202, {}, verdicts(None, None, None)), None) as server:
        door = HttpDoor(server.url, "a key")
        door.send(MESSAGES)
        assert door.send(MESSAGES) == [None, None, None]  # hung up on the old connection, answered on a new one
        door.close()
        with pytest.raises(NotNow, match="RemoteDisconnected"):
            door.send(MESSAGES)
        door.close()
    assert len(server.requests) == 4


def test_a_door_that_does_not_answer_is_given_up_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        door = HttpDoor(f"http://127.0.0.1:{silent.getsockname()[1]}", "a key", timeout=0.5)
        began = time.monotonic()
        with pytest.raises(NotNow, match="TimeoutError"):
            door.send(MESSAGES)
        assert time.monotonic() - began < 5
        door.close()
    with pytest.raises(NotNow, match="ConnectionRefused"):
        HttpDoor("http://127.0.0.1:9", "a key").send(MESSAGES)


def test_a_certificate_that_nobody_knows_is_refused_and_one_of_ours_is_not(tmp_path):
    import ssl

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Server((202, {}, verdicts(None, None, None)), tls=context) as server:
        with pytest.raises(NotNow, match="CERTIFICATE_VERIFY_FAILED"):
            HttpDoor(server.url, "a key").send(MESSAGES)
        door = HttpDoor(server.url, "a key", cafile=tmp_path / "ca.pem")
        assert door.send(MESSAGES) == [None, None, None]
        door.close()


def test_the_key_is_asked_for_every_time(tmp_path):
    file = tmp_path / "key"
    file.write_text("first\n")
    with Server(*[(202, {}, verdicts(None, None, None))] * 3) as server:
        door = HttpDoor(server.url, file)
        door.send(MESSAGES)
        file.write_text("second\n")
        door.send(MESSAGES)
        file.unlink()
        with pytest.raises(NotNow, match="the key's file"):
            door.send(MESSAGES)
        door.close()
        other = HttpDoor(server.url, lambda: "third")
        other.send(MESSAGES)
        other.close()
    assert [headers["authorization"] for _, headers, _ in server.requests] == [
        "Bearer first",
        "Bearer second",
        "Bearer third",
    ]


def test_retry_after_is_a_number_or_a_date():
    now = datetime(2026, 11, 26, 1, 0, 0, tzinfo=UTC)
    for text, seconds in (
        ("120", 120),
        ("Thu, 26 Nov 2026 01:00:30 GMT", 30),
        ("Thu, 26 Nov 2026 00:00:00 GMT", 0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ):
        assert retry_after({"retry-after": text}, now=now) == seconds, text
    assert retry_after({}, now=now) is None


def test_an_address_that_is_none_is_named():
    for wrong in ("govpulse.example.cn", "ftp://x", "https://"):
        with pytest.raises(ValueError, match="is no address of a gateway"):
            HttpDoor(wrong, "a key")
    for whole in ("https://govpulse.example.cn/v1/events", "https://govpulse.example.cn/v1/events/"):
        with pytest.raises(ValueError, match="leave out /v1/events"):
            HttpDoor(whole, "a key")

"""Names of topics: every source has its own, and can be told from it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from connectors.inbox.names import LONGEST, inbox_topic, name_of, rejected_topic

URIS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("-:._2df"), min_size=1, max_size=500)


def source_of(name: str) -> str:
    """The way back."""
    pieces = re.findall(r"-([0-9a-f]{2})|(.)", name)
    return b"".join(
        bytes.fromhex(code) if code else plain.replace(".", ":").encode() for code, plain in pieces
    ).decode()


def test_people_can_read_them():
    assert inbox_topic("urn:gov:360200:zjj-gg") == "inbox.urn.gov.360200.zjj-gg"
    assert rejected_topic("urn:gov:360200:zjj-gg") == "rejected.urn.gov.360200.zjj-gg"
    assert name_of("https://gg.example/a_b?c") == "https.-2f-2fgg-2eexample-2fa-5fb-3fc"
    assert name_of("urn:x-2d") == "urn.x-2d2d"
    assert name_of("urn:办件") == "urn.-e5-8a-9e-e4-bb-b6"


@given(URIS)
def test_a_name_leads_back_to_its_source(source):
    name = name_of(source)
    if "_" not in name:
        assert source_of(name) == source


@given(st.lists(URIS, min_size=2, max_size=2, unique=True))
def test_kafka_takes_any_of_them_and_tells_any_two_apart(sources):
    names = [name_of(source) for source in sources]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,180}", name) for name in names)
    assert len(rejected_topic(sources[0])) <= LONGEST + len("rejected.")
    assert len({name.replace("_", ".") for name in names}) == 2  # Kafka takes the two for one character


def test_a_long_uri_is_cut_and_still_its_own():
    one, other = (name_of("urn:" + "a" * 300 + end) for end in ("1", "2"))
    assert one != other
    assert len(one) == len(other) <= LONGEST

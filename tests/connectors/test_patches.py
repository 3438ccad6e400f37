"""Which letters are meant, and what is mended in them: selections and merge patches, without a server."""

import json

import pytest

from connectors.dead_letters.patch import WrongPatch, merged, patch_of
from connectors.dead_letters.selection import WrongSelection, selection_of

# RFC 7396, appendix A: target, patch, result
TABLE = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "change", "result"), TABLE)
def test_a_patch_merges_as_the_standard_says(target, change, result):
    before = json.dumps(target)
    assert merged(target, change) == result
    assert json.dumps(target) == before


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"{}", b'"x"', b"\xff"])
def test_a_patch_that_is_none_is_refused(text):
    with pytest.raises(WrongPatch, match=r"patch\.json"):
        patch_of(text, name="patch.json")


def test_a_selection_is_a_place_or_conditions():
    assert selection_of("t.events.case/3/12").place == ("t.events.case", 3, 12)
    found = selection_of("day=2026-11-24,source=urn:a,b=c,code=bad_time")
    assert (found.code, found.source, str(found.day), found.place) == ("bad_time", "urn:a,b=c", "2026-11-24", None)
    assert selection_of("source=").source == ""


@pytest.mark.parametrize("text", ["", "code", "colour=red", "a/b", "a/b/c", "day=24.11.", "code=a,code=b", "a/-1/2"])
def test_a_selection_that_cannot_be_read_says_how(text):
    with pytest.raises(WrongSelection):
        selection_of(text)

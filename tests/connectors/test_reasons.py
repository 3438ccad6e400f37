"""Every code that a door may answer with has its words, and no other stands there."""

import ast
from pathlib import Path

from connectors.reasons import REASONS
from tests.servers import REPOSITORY

#: Where codes are made: the function's name → the place of the code among its arguments.
MAKERS = {"Rejected": 0, "_Refusal": 0, "_no": 0, "away": 0, "Problem": 1}
SOURCES = (
    REPOSITORY / "streams" / "wire.py",
    REPOSITORY / "streams" / "batch.py",
    *(REPOSITORY / "connectors").rglob("*.py"),
)


def codes_in(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = MAKERS.get(name)
            if place is not None and len(node.args) > place:
                argument = node.args[place]
                found |= {
                    one.value
                    for one in ast.walk(argument)
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found


def test_every_code_in_use_has_words_in_both_languages():
    used = set().union(*map(codes_in, SOURCES)) | {
        "not_found",
        "method_not_allowed",
        "from_the_future",
        "unmapped_code",
        "limit_without_unit",
    }
    assert used == set(REASONS)
    assert all(reason.en.isascii() for reason in REASONS.values())
    assert all(any("一" <= letter <= "鿿" for letter in reason.zh) for reason in REASONS.values())

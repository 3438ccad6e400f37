"""The words of an explanation in one language: titles and verdicts, and what codes are called."""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "zh"]
#: kind (`say`, `state`, `finding`), key, and the words in both languages.
WORDS = Path(__file__).with_name("explain_words.csv")
#: (table, code) → its name in reference data.
Names = Mapping[tuple[str, str], Mapping[str, str]]


class Speech:
    """One language. Codes without a name in it are told as they are."""

    def __init__(self, language: Language, names: Names) -> None:
        self.language = language
        self._names = names

    def say(self, word: str, /, **values: Any) -> str:
        return _words()["say", word][self.language].format(**values)

    def state(self, code: str) -> str:
        return self._translated("state", code)

    def finding(self, code: str) -> str:
        """What was found, with its code, by which the docs and the warehouse know it."""
        found = self._translated("finding", code.partition(":")[0])
        return code if found == code.partition(":")[0] else f"{found}（{code}）"

    def family(self, code: str) -> str:
        from infra.contracts.dictionary import TITLES

        return TITLES[code].partition(" · ")[0] if self.language == "zh" else code

    def event(self, name: str) -> str:
        """An event type; in Chinese with its name before it."""
        from streams.domain.events import EVENT_TYPES

        title = (EVENT_TYPES[name].__doc__ or "").partition(":")[0] if name in EVENT_TYPES else ""
        return f"{title} {name}" if self.language == "zh" and title else name

    def clock(self, code: str) -> str:
        return code if self.language == "en" else self._names.get(("clock_rule", code), {}).get("zh", code)

    def rule(self, code: str, level: str) -> str:
        name = self._names.get(("alert_rule", f"{code} {level}"), {}).get(self.language)
        return f"{code} {name}" if name else code

    def code(self, field: str, code: str) -> str:
        """A code of the contract; English tells it as it stands in the events."""
        return code if self.language == "en" else chinese_of(field).get(code, code)

    def limit(self, value: int, unit: str) -> str:
        if unit == "onspot":
            return self.code("unit", unit)
        return f"{value} {unit}" if self.language == "en" else f"{value}{self.code('unit', unit)}"

    def weekday(self, day: date) -> str:
        return f"{day:%a}" if self.language == "en" else f"周{'一二三四五六日'[day.weekday()]}"

    def reason(self, day: Any) -> str:
        """Why a day counts or not, and what is to be said of its place."""
        texts = (day.reason_zh, day.note_zh) if self.language == "zh" else (day.reason, day.note)
        return ("；" if self.language == "zh" else "; ").join(text for text in texts if text)

    def _translated(self, kind: str, code: str) -> str:
        return _words().get((kind, code), {}).get(self.language) or code


@cache
def chinese_of(field: str) -> Mapping[str, str]:
    """Code → Chinese name of a field of the contract, such as `case.special_started.kind`."""
    from connectors.vocabulary import described

    return {row["code"]: row["zh"] for row in described() if row["field"] == field}


def names_in(connection: Any) -> Names:
    """What the reference data in force call clocks and the levels of rules; general rows before those of one matter."""
    rows = connection.execute(
        """select 'clock_rule', clock_id, name, name_en, matter_code <> '' as is_own, valid_from
           from reference.clock_rule where until_version is null
           union all select 'alert_rule', rule_id || ' ' || level, name, name_en, matter_code <> '', valid_from
           from reference.alert_rule where until_version is null
           order by is_own desc, valid_from"""
    ).fetchall()
    return {(table, code): {"zh": zh, "en": en} for table, code, zh, en, _, _ in rows}


@cache
def _words() -> Mapping[tuple[str, str], Mapping[str, str]]:
    with WORDS.open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["key"]): row for row in csv.DictReader(file)}

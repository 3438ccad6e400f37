"""How an authority reads its law where the law leaves room (`docs/reading-a-case.md` §3, §4; decisions 7 and 25)."""

from msgspec import Struct


class Law(Struct, frozen=True):
    """One authority's readings: of extensions, of pauses after the due date, of a pause's first day and longest, of closing.

    `pause_day_rule`: the first day of a special procedure counts (`half_open`, 民法典 201) or not (`inclusive`).
    `pause_cap`: days beyond the declared ones count again (`declared`, 行政许可法 45) or not (`none`).
    `ledger_closing`: an item is closed (销号) once another than its doer has verified it (`verified`), or by `anyone`.
    """

    extension_any_time: bool = False
    late_pauses_extend: bool = False
    pause_day_rule: str = "half_open"
    pause_cap: str = "declared"
    ledger_closing: str = "verified"

"""How an authority reads its law where the law leaves room (`docs/reading-a-case.md` §3, §4; decisions 7 and 25)."""

from msgspec import Struct


class Law(Struct, frozen=True):
    """One authority's readings: of extensions, of pauses after the due date, of a pause's first day and of its longest.

    `pause_day_rule`: the first day of a special procedure counts (`half_open`, 民法典 201) or not (`inclusive`).
    `pause_cap`: days beyond the declared ones count again (`declared`, 行政许可法 45) or not (`none`).
    """

    extension_any_time: bool = False
    late_pauses_extend: bool = False
    pause_day_rule: str = "half_open"
    pause_cap: str = "declared"

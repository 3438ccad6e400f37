"""Family catalogue: what the city offers and owns: matters, data resources, units. Kept as versions, not folded."""

from datetime import date
from typing import Annotated

from msgspec import Meta, field

from streams.domain.families.values import Code, Data, Days, Instant, Serial, Text
from streams.domain.limits import Limit


class CatalogueMatterChanged(Data, frozen=True):
    """事项变更: the whole 实施清单 entry as it is from `valid_from` on (GB/T 39046—2020 table 4)."""

    matter_code: Code
    valid_from: date
    name: Text
    unit_code: Code | None = None
    area_code: Code | None = None
    level: Code | None = None
    basic_code: Code | None = None
    case_type: Code | None = None
    statutory: Limit | None = None
    fallback: Limit | None = None
    promise: Limit | None = None
    is_on_application: bool = True
    is_online: bool = False
    online_depth: Annotated[int, Meta(ge=0, le=4)] = 0
    is_secret: bool = False
    is_mobile: bool = False
    is_in_hall: bool = False
    is_general_window: bool = False
    is_commitment: bool = False
    is_deemed_consent: bool = False
    is_instant_approval: bool = False
    is_high_frequency: bool = False
    has_fee: bool | None = None
    materials: Serial | None = None
    visits: Serial | None = None
    steps: Serial | None = None
    nodes: Annotated[list[Code], Meta(max_length=200)] = field(default_factory=list)
    indicator: Annotated[int, Meta(ge=1, le=18)] | None = None
    basis: Text | None = None


class CatalogueMatterRemoved(Data, frozen=True):
    """事项取消: no longer offered from `valid_from` on."""

    matter_code: Code
    valid_from: date


class CatalogueResourceChanged(Data, frozen=True):
    """数据资源目录: a directory entry, whether a live resource hangs on it, and how often it should be refreshed."""

    directory: Code
    unit_code: Code | None = None
    share_type: Code = "unmapped"
    is_attached: bool = False
    refreshed_at: Instant | None = None
    update_cycle_days: Days | None = None


class CatalogueUnitChanged(Data, frozen=True):
    """机构变更: an office as it is now."""

    unit_code: Code
    name: Text
    area_code: Code | None = None
    reporting_unit: Code | None = None
    valid_from: date | None = None


TYPES = (
    ("matter_changed", CatalogueMatterChanged),
    ("matter_removed", CatalogueMatterRemoved),
    ("resource_changed", CatalogueResourceChanged),
    ("unit_changed", CatalogueUnitChanged),
)
ONCE: frozenset[str] = frozenset()

"""Events to publish: a module for every family, a function for every type. `case.accepted(subject=…, time=…, …)`.

Written by 'govpulse contracts' from the event types, fields.csv and records.csv.
"""

from connectors.publisher.build import deleted
from connectors.publisher.events import (
    activity,
    bundle,
    case,
    catalogue,
    demand,
    governance,
    intermediary,
    ledger,
    payout,
    source,
)
from streams.domain.families.case import Applicant, BundleNumber
from streams.domain.limits import Limit

__all__ = [
    "Applicant",
    "BundleNumber",
    "Limit",
    "activity",
    "bundle",
    "case",
    "catalogue",
    "deleted",
    "demand",
    "governance",
    "intermediary",
    "ledger",
    "payout",
    "source",
]

"""The only place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """Return the current instant, with zone."""
    return datetime.now(UTC)


def day_in_zone(instant: datetime, zone: str) -> date:
    """Return the calendar day that `instant` falls on in the IANA zone `zone`."""
    return instant.astimezone(ZoneInfo(zone)).date()

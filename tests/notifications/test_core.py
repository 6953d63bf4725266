from __future__ import annotations

from datetime import UTC, datetime, time
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from app.notifications.core import Settings, is_near, is_quiet, may_nudge

USUAL = Settings()


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [
        ("07:59", True),
        ("08:00", False),
        ("19:59", False),
        ("20:00", True),
        ("23:59", True),
        ("00:00", True),
    ],
)
def test_quiet_hours_run_over_midnight(clock: str, quiet: bool) -> None:
    local = datetime.combine(datetime(2026, 11, 19, tzinfo=UTC), time.fromisoformat(clock))

    assert is_quiet(USUAL, local) is quiet


@pytest.mark.parametrize(("hour", "quiet"), [(12, False), (13, True), (14, True), (15, False)])
def test_quiet_hours_may_lie_inside_the_day(hour: int, quiet: bool) -> None:
    siesta = Settings(quiet_from=time(13), quiet_to=time(15))

    assert is_quiet(siesta, datetime(2026, 11, 19, hour, tzinfo=UTC)) is quiet


def test_equal_ends_mean_never_quiet() -> None:
    always = Settings(quiet_from=time(9), quiet_to=time(9))

    assert not any(is_quiet(always, datetime(2026, 1, 1, hour, tzinfo=UTC)) for hour in range(24))


def test_the_hour_is_that_of_the_declared_zone() -> None:
    evening_in_rome = datetime(2026, 11, 19, 19, 30, tzinfo=UTC)

    assert not may_nudge("next_tier", USUAL, evening_in_rome, "Europe/Rome")
    assert may_nudge("next_tier", USUAL, evening_in_rome, "America/New_York")


@pytest.mark.parametrize("day", [28, 29, 30])
def test_a_change_of_clocks_does_not_move_the_morning(day: int) -> None:
    rome = ZoneInfo("Europe/Rome")
    before = datetime(2026, 3, day, 7, 59, tzinfo=rome).astimezone(UTC)
    after = datetime(2026, 3, day, 8, 0, tzinfo=rome).astimezone(UTC)

    assert not may_nudge("share_place", USUAL, before, "Europe/Rome")
    assert may_nudge("share_place", USUAL, after, "Europe/Rome")


def test_what_is_silenced_is_never_said() -> None:
    settings = Settings(muted=frozenset({"share_place"}))
    noon = datetime(2026, 11, 19, 11, tzinfo=UTC)

    assert not may_nudge("share_place", settings, noon, "UTC")
    assert may_nudge("next_tier", settings, noon, "UTC")


@pytest.mark.parametrize(
    ("distance", "whole", "is_money", "near"),
    [
        (0, 10, False, False),
        (3, 1_000, False, True),
        (4, 1_000, False, False),
        (100, 1_000, True, True),
        (101, 1_000, True, False),
    ],
)
def test_near_is_three_things_or_a_tenth_of_an_amount(
    distance: int, whole: int, is_money: bool, near: bool
) -> None:
    assert is_near(Fraction(distance), Fraction(whole), is_money=is_money) is near

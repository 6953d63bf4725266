"""Ways of paying out, for tests."""

from __future__ import annotations

from typing import Final

from app.rewards.cash import Method
from app.rewards.cash_core import Fee

BY_HAND: Final = Method(
    name="Bank transfer",
    provider="manual",
    currency="EUR",
    least=500,
    most=50_000,
    fee=Fee(25, 10_000),
    is_instant=False,
    arrives_hours=48,
)

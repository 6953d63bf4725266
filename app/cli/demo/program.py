"""The program Lumera pays by."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from app.cli.demo.company import ZONE
from app.cli.demo.sales import DUAL, FIBRE, GAS, POWER

NAME: Final = "Lumera field program"
MONTHLY: Final = "power-gas"
"""The component that is measured against a monthly quota."""


def document(start: date, today: date) -> dict[str, Any]:
    """Return the program, in force since `start`; the fibre weeks lie around `today`."""
    since = {"from": str(start)}
    fibre = {"from": str(today - timedelta(days=20)), "to": str(today + timedelta(days=15))}
    friday = {"on": "weekday", "weekday": 5}
    month_end = {"on": "period_end", "plus_days": 10}
    dual = {"field": "product", "op": "eq", "value": DUAL}
    return {
        "schema": "laurel.program/1",
        "name": NAME,
        "currency": "EUR",
        "zone": ZONE,
        "components": [
            {
                "id": "dual-fuel",
                "name": "Dual-fuel contracts",
                "effective": since,
                "counts": dual,
                "measure": {"kind": "sum", "of": "units"},
                "period": {"kind": "week"},
                "payout": {
                    "kind": "per_unit",
                    "amount": "18.00",
                    "tiers": {
                        "mode": "marginal",
                        "boundary": "inclusive",
                        "steps": [
                            {"from": "10", "multiplier": "1.25"},
                            {"from": "18", "multiplier": "1.40"},
                        ],
                    },
                },
                "release": friday,
                "clawback_days": 60,
            },
            {
                "id": "fourteen",
                "name": "Fourteen in a week",
                "effective": since,
                "counts": dual,
                "measure": {"kind": "sum", "of": "units"},
                "period": {"kind": "week"},
                "payout": {"kind": "bonus", "milestones": [{"at": "14", "amount": "60.00"}]},
                "release": friday,
            },
            {
                "id": MONTHLY,
                "name": "Power and gas",
                "effective": since,
                "counts": {"field": "product", "op": "in", "value": [POWER, GAS]},
                "measure": {"kind": "sum", "of": "amount"},
                "period": {"kind": "month"},
                "payout": {
                    "kind": "rate",
                    "rate": "0.02",
                    "tiers": {
                        "mode": "marginal",
                        "on": "attainment",
                        "boundary": "inclusive",
                        "steps": [{"from": "1", "multiplier": "1.5"}],
                    },
                },
                "release": month_end,
            },
            {
                "id": "fibre-weeks",
                "name": "Fibre weeks",
                "effective": fibre,
                "counts": {"field": "product", "op": "eq", "value": FIBRE},
                "measure": {"kind": "sum", "of": "units"},
                "period": {"kind": "window"},
                "payout": {"kind": "per_unit", "amount": "25.00"},
                "release": friday,
            },
            {
                "id": "network",
                "name": "Your network",
                "effective": since,
                "credit": {
                    "to": "override",
                    "levels": [{"level": 1}, {"level": 2, "share": "0.5"}],
                },
                "measure": {"kind": "sum", "of": "units"},
                "period": {"kind": "month"},
                "payout": {"kind": "per_unit", "amount": "2.00"},
                "release": month_end,
            },
        ],
    }

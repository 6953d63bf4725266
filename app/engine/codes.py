"""Every code an explanation can carry, with its parameters: the list that translators work from.

`adds` says that the step's result is a part of the sum of its parent; the others inform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Code:
    """What a step of this code carries, and how English says it."""

    params: tuple[str, ...]
    english: str
    adds: bool = True


STEPS: Final[dict[str, Code]] = {
    "payout": Code(("component", "measured"), "{component}: {measured} pays {result}"),
    "line": Code(
        ("component", "counted", "before", "after"),
        "{component}: this one counts {counted}, from {before} to {after}, and brings {result}",
    ),
    "attainment": Code(
        ("measured", "quota"), "{measured} of a quota of {quota} is {result}", adds=False
    ),
    "no_quota": Code((), "No quota is set for this period, so the base applies", adds=False),
    "credit_level": Code(
        ("level", "share", "sale"),
        "A sale of your team, level {level}: {share} of {sale} counts, {result}",
        adds=False,
    ),
    "rate_base": Code(("part", "price"), "Base rate {price} of {part}: {result}"),
    "rate_band": Code(("part", "price", "from"), "From {from}, {price} of {part}: {result}"),
    "rate_all": Code(
        ("part", "price", "from"), "{from} reached, {price} of everything ({part}): {result}"
    ),
    "rate_more": Code(("part", "price", "from"), "From {from}, {price} of {part}: {result} more"),
    "unit_base": Code(("part", "price"), "Base rate {price} for {part}: {result}"),
    "unit_band": Code(
        ("part", "price", "from"), "From number {from}, {price} for {part}: {result}"
    ),
    "unit_all": Code(("part", "price", "from"), "{from} reached, {price} for all {part}: {result}"),
    "unit_more": Code(
        ("part", "price", "from"), "From number {from}, {price} for {part}: {result} more"
    ),
    "price_times": Code(("base", "multiplier"), "{base} x {multiplier} = {result}", adds=False),
    "retroactive_jump": Code(
        ("part", "old", "new"),
        "The new price counts from the start: {part} at {new} instead of {old}, {result}",
    ),
    "bonus_reached": Code(("at",), "Bonus for reaching {at}: {result}"),
    "bonus_open": Code(
        ("at", "missing", "amount"), "{missing} to go to {at} for a bonus of {amount}"
    ),
    "converted": Code(
        ("amount", "rate", "day"), "{amount} at {rate} (rate of {day}) is {result}", adds=False
    ),
    "window": Code(("first", "last"), "Counted from {first} to {last}", adds=False),
    "to_date_paid": Code(("before",), "Earlier periods already came to {before}: {result}"),
    "bonus_lost": Code(("at",), "Below {at} again, the bonus is taken back: {result}"),
    "rounding": Code(("exact", "mode"), "{exact} rounded ({mode}): {result}"),
    "ramp": Code(
        ("quota", "share"), "New in the team: {share} of the quota of {quota}, {result}", adds=False
    ),
    "prorated_quota": Code(
        ("quota", "worked", "days", "count"),
        "There for {worked} of {days} days ({count}), so a quota of {quota} becomes {result}",
        adds=False,
    ),
    "gate_met": Code(("gate",), "Condition met: {gate}", adds=False),
    "gate_closed": Code(("gate",), "Condition not met: {gate}: {result}"),
    "threshold_met": Code(
        ("measured", "at"), "{measured} reaches the threshold of {at}", adds=False
    ),
    "threshold_above": Code(
        ("measured", "at"),
        "{measured} reaches the threshold of {at}, and {result} above it counts",
        adds=False,
    ),
    "threshold_missed": Code(
        ("measured", "at"), "{measured} does not reach the threshold of {at}: {result}"
    ),
    "prorated_pay": Code(
        ("worked", "days", "count"), "There for {worked} of {days} days ({count}): {result}"
    ),
    "floor": Code(("least",), "At least {least}: {result} more"),
    "cap_activity": Code(("most",), "At most {most} for one: {result}"),
    "cap_period": Code(("most",), "At most {most} in a period: {result}"),
    "cap_year": Code(
        ("most", "before"), "At most {most} in a year, {before} before this: {result}"
    ),
    "cap_person": Code(
        ("most", "before"), "At most {most} for one person, {before} before this: {result}"
    ),
    "cap_program": Code(("most",), "At most {most} for everybody, first come first: {result}"),
    "draw_advanced": Code(("earned", "draw"), "{earned} earned, drawn up to {draw}: {result}"),
    "draw_recovered": Code(("owed",), "Of {owed} paid ahead, this is worked off: {result}"),
    "draw_balance": Code((), "Balance of the draw: {result}", adds=False),
    "guarantee": Code(("least",), "Guaranteed {least}: {result} more"),
    "budget_stop": Code(("most",), "The budget of {most} is used up, first come first: {result}"),
    "budget_scale": Code(
        ("most", "claimed"), "{claimed} was earned of a budget of {most}, all share: {result}"
    ),
    "released": Code(("on",), "{result} can be used from {on}", adds=False),
    "hold_until": Code(("on",), "{result} is held until {on}", adds=False),
    "hold_for": Code(("waits_for",), "{result} is held until {waits_for}", adds=False),
    "holdback_until": Code(("on",), "{result} is kept back until {on}", adds=False),
    "holdback_for": Code(("waits_for",), "{result} is kept back until {waits_for}", adds=False),
    "clawed_back": Code(
        ("activity", "reason", "on", "share"),
        "{activity}: {reason} {on}, {share} is taken back, {result}",
        adds=False,
    ),
    "budget_over": Code(
        ("most", "claimed"), "{claimed} was earned, more than the budget of {most}", adds=False
    ),
    # The named parts of a formula
    "figure": Code(("figure",), "{figure} is {result}", adds=False),
    "quota": Code(("figure",), "The quota for {figure} is {result}", adds=False),
    "component_pays": Code(("component",), "{component} pays {result}", adds=False),
    "person": Code(("attribute",), "{attribute} of this person is {result}", adds=False),
    "days_worked": Code((), "{result} days in the program", adds=False),
    "days_period": Code((), "{result} days in the period", adds=False),
    "divided_by_nothing": Code(
        ("part",), "There is nothing to divide {part} by, so it counts as {result}", adds=False
    ),
    "rounded": Code(
        ("exact", "to", "mode"), "{exact} rounded to {to} ({mode}): {result}", adds=False
    ),
    "condition_met": Code(("condition",), "This holds: {condition}", adds=False),
    "condition_not_met": Code(("condition",), "This does not hold: {condition}", adds=False),
    "table": Code(("value", "from"), "{value} is past {from} in the table: {result}", adds=False),
    "table_below": Code(("value", "from"), "{value} is below {from}: {result}", adds=False),
    "table_line": Code(
        ("value", "low", "high"),
        "{value} lies between {low} and {high}, on a straight line: {result}",
        adds=False,
    ),
    "table_line_end": Code(("value",), "At {value} the line holds {result}", adds=False),
    "band": Code(("part", "from", "rate"), "Above {from}, {rate} of {part}: {result}", adds=False),
    "rank": Code(("figure", "people"), "Place {result} of {people} by {figure}", adds=False),
    "previous": Code(("formula",), "{formula} in the period before: {result}", adds=False),
    # Payouts
    "fixed": Code((), "A fixed amount: {result}"),
    "formula": Code(("formula",), "{formula} = {result}"),
    "mandate": Code(("rate",), "Your agent set {rate}, so {result} holds", adds=False),
    "no_mandate": Code((), "Your agent set nothing, so {result} holds", adds=False),
    "curve_amount": Code(("at",), "{at} pays {result}"),
    "curve_rate": Code(("at", "rate", "part"), "{at} pays {rate} of {part}: {result}"),
    "curve_share_of_target": Code(
        ("at", "share", "target"), "{at} pays {share} of the target of {target}: {result}"
    ),
    "curve_between": Code(
        ("low", "low_pays", "high", "high_pays"),
        "Between {low} ({low_pays}) and {high} ({high_pays}) on a straight line: {result}",
        adds=False,
    ),
    "matrix_below": Code(
        ("row", "column"), "{row} and {column} lie below the first row or column: {result}"
    ),
    "matrix_amount": Code(("row", "column"), "{row} and {column} meet at {result}"),
    "matrix_rate": Code(
        ("row", "column", "rate", "part"),
        "{row} and {column} meet at {rate}, of {part}: {result}",
    ),
    "matrix_multiplier": Code(
        ("row", "column", "factor", "target"),
        "{row} and {column} meet at {factor}, times {target}: {result}",
    ),
    "tickets": Code(("part", "each"), "One ticket for each {each} of {part}: {result}"),
    "award": Code(("award", "at"), "{at} reached, you get: {award}", adds=False),
    "award_open": Code(
        ("award", "at", "missing"), "{missing} to go to {at} for: {award}", adds=False
    ),
    "times": Code(("factor", "formula"), "Times {factor} ({formula}): {result}"),
    "pool_share": Code(
        ("pool", "mine", "all"), "Your {mine} of {all}, as a share of {pool}: {result}"
    ),
    "pool_equal": Code(("pool", "people"), "{pool} shared equally by {people}: {result}"),
    "pool_rank": Code(
        ("place", "people", "tied"),
        "Place {place} of {people} (shared by {tied}): {result}",
    ),
    "pool_none": Code(("pool",), "No share of {pool}: {result}"),
    "group_bonus": Code(
        ("group", "met", "people", "condition"),
        "All {people} of {group} have reached it ({condition}): {result}",
    ),
    "group_bonus_open": Code(
        ("group", "met", "people", "condition"),
        "{met} of {people} of {group} have reached it ({condition}): {result}",
    ),
}

TEXTS: Final[dict[str, Code]] = {
    "counts_all": Code((), "Everything counts."),
    "counts_when": Code(("condition",), "Counts when {condition}."),
    "credit_direct": Code((), "It counts for the person who made the sale."),
    "credit_level": Code(
        ("level", "share"), "{share} of the sale counts for the manager at level {level}."
    ),
    "rate": Code(("price", "measure", "period"), "You get {price} of {measure} in {period}."),
    "unit": Code(("price", "measure", "period"), "You get {price} for {measure} in {period}."),
    "from_marginal_inclusive": Code(
        ("from", "price"), "From {from} on, what follows pays {price}."
    ),
    "from_marginal_exclusive": Code(("from", "price"), "Above {from}, what follows pays {price}."),
    "from_retroactive_inclusive": Code(
        ("from", "price"), "From {from} on, everything pays {price}."
    ),
    "from_retroactive_exclusive": Code(("from", "price"), "Above {from}, everything pays {price}."),
    "bonus": Code(("at", "amount", "period"), "At {at} in {period} you get {amount} once."),
    "release_immediately": Code((), "You can use it at once."),
    "release_weekday": Code(("weekday",), "You can use it on the next {weekday}."),
    "release_period_end": Code(("days",), "You can use it {days} days after the period ends."),
    "clawback": Code(("days",), "It can be taken back for {days} days when the customer cancels."),
    "effective": Code(("from", "to"), "From {from} to {to}."),
    "effective_open": Code(("from",), "From {from} until further notice."),
}


def catalogue() -> dict[str, Any]:
    """Return every code with its parameters and English text, as JSON data."""
    return {
        family: {
            name: {"params": [*code.params], "english": code.english, "adds": code.adds}
            for name, code in codes.items()
        }
        for family, codes in (("steps", STEPS), ("texts", TEXTS))
    }

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
    "draw_balance": Code((), "Paid ahead and still to be worked off: {result}", adds=False),
    "draw_excess": Code((), "Earned beyond the draw: {result}", adds=False),
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
    "pool_rank": Code(("place", "people"), "Place {place} of {people}: {result}"),
    "pool_rank_tied": Code(
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
    # Who is credited
    "credit_agent": Code(
        ("level", "share"), "{share} of the sale counts for the agent at level {level}."
    ),
    "credit_compressed": Code((), "Who does not take part is skipped and uses up no level."),
    "credit_split": Code((), "It is split by the shares on the sale."),
    "credit_share": Code(("who", "share"), "Without any, {share} of it counts for {who}."),
    "credit_overlay": Code(("who", "share"), "{share} of it counts for {who}, on top."),
    "credit_group": Code(("group", "share"), "{share} of it counts for every member of {group}."),
    "credit_differential": Code(
        ("rate",),
        "Those above are credited with what their rate ({rate}) is more than those below.",
    ),
    "credit_from_seller": Code((), "The seller comes first, with the own rate."),
    # What is measured and paid
    "figure_is": Code(("figure", "measure"), "{figure} is {measure}."),
    "fixed": Code(("amount", "period"), "You get {amount} in {period}."),
    "formula": Code(("formula", "period"), "You get {formula} in {period}."),
    "mandated": Code((), "Your agent sets what you get."),
    "mandated_within": Code(("low", "high"), "Your agent sets it between {low} and {high}."),
    "curve_at": Code(("at", "pays"), "At {at} it pays {pays}."),
    "curve_target": Code(("target", "period"), "The target is {target} in {period}."),
    "curve_straight": Code((), "In between it pays on a straight line."),
    "curve_extends": Code((), "Beyond, the line goes on."),
    "curve_ends": Code((), "Beyond, it pays no more."),
    "curve_starts": Code((), "Below, it pays nothing."),
    "matrix": Code(("row", "column", "period"), "It pays by {row} and {column} in {period}."),
    "matrix_cell": Code(("row", "column", "pays"), "From {row} and {column} on, {pays}."),
    "matrix_target": Code(("target",), "That is times {target}."),
    "pool_pro_rata": Code(
        ("pool", "figure", "period"), "In {period} {pool} is shared in proportion to {figure}."
    ),
    "pool_equal": Code(
        ("pool", "figure", "period"), "In {period} {pool} is shared equally by all with {figure}."
    ),
    "pool_rank": Code(
        ("pool", "figure", "period"), "In {period} {pool} is shared by places, best {figure} first."
    ),
    "pool_prizes": Code(
        ("figure", "period"), "In {period} places have prizes, best {figure} first."
    ),
    "pool_place": Code(("place", "pays"), "Place {place} gets {pays}."),
    "pool_group": Code(("group",), "Only members of {group} share it."),
    "group_bonus": Code(
        ("group", "amount", "condition", "period"),
        "Each member of {group} gets {amount} in {period} when for all of them: {condition}.",
    ),
    "group_bonus_shared": Code(
        ("group", "amount", "condition", "period"),
        "All members of {group} share {amount} in {period} when for all of them: {condition}.",
    ),
    "tickets": Code(
        ("each", "measure", "period"), "One ticket for {each} of {measure} in {period}."
    ),
    "award": Code(("at", "award", "period"), "At {at} in {period} you get: {award}."),
    "times": Code(("factor",), "All of it is multiplied by {factor}."),
    # What limits it
    "gate": Code(("condition",), "Only paid when: {condition}."),
    "threshold_cliff": Code(("at",), "Below {at} nothing is paid."),
    "threshold_above": Code(("at",), "Only what lies above {at} is paid."),
    "floor": Code(("least",), "At least {least} is paid."),
    "cap_activity": Code(("most",), "At most {most} for one sale."),
    "cap_period": Code(("most",), "At most {most} in a period."),
    "cap_year": Code(("most",), "At most {most} in a year."),
    "cap_person": Code(("most",), "At most {most} for one person."),
    "cap_program": Code(("most",), "At most {most} for all together, first come first."),
    "ramp": Code(("months", "share"), "For {months} months of a newcomer, {share} of the quota."),
    "prorated_quota": Code(("count",), "For part of a period the quota is that part ({count})."),
    "prorated_pay": Code(("count",), "For part of a period the pay is that part ({count})."),
    "draw_recoverable": Code(("amount",), "Up to {amount} is paid ahead, and worked off later."),
    "draw_kept": Code(("amount",), "Up to {amount} is paid ahead, and not owed."),
    "guarantee": Code(("least",), "{least} are guaranteed."),
    "guarantee_months": Code(("least", "months"), "{least} are guaranteed for {months} months."),
    "round_to": Code(("unit",), "Amounts are rounded to {unit}."),
    # When it can be used
    "held_days_after_period": Code(
        ("share", "days"), "{share} of it waits until {days} days after the period."
    ),
    "held_days_after": Code(("share", "days"), "{share} of it waits {days} days."),
    "held_on_day": Code(("share", "day"), "{share} of it waits until {day}."),
    "held_attribute": Code(("share", "attribute"), "{share} of it waits until {attribute}."),
    "held_clawback_end": Code(("share",), "{share} of it waits until it is safe."),
    "held_test": Code(("share", "condition"), "{share} of it waits until: {condition}."),
    "taken_back_months": Code(
        ("attribute", "months"), "It is taken back after {attribute} within {months} months."
    ),
    "taken_back_days": Code(
        ("attribute", "days"), "It is taken back after {attribute} within {days} days."
    ),
    "taken_back_share": Code(("months", "share"), "Within {months} months, {share} of it."),
    "taken_back_monthly": Code(
        ("months",), "Within {months} months, a part for each month not begun."
    ),
    # The program as a whole
    "budget_stop": Code(("most", "per"), "The budget of {most} by {per} goes first come first."),
    "budget_scale": Code(("most", "per"), "Beyond {most} by {per} everybody gets less alike."),
    "budget_warn": Code(("most", "per"), "It should cost at most {most} by {per}."),
    "most_person_period": Code(("most", "period"), "A person gets at most {most} in {period}."),
    "most_person": Code(("most", "period"), "A person gets at most {most} in all."),
    "most_program": Code(("most", "period"), "All together get at most {most}."),
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

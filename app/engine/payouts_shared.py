"""Payouts that all payees of a period have together: shares of a pool, and the bonus of a group.

Shares are whole coins, so that they sum to what is shared; everything else is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from app.engine import reckoning
from app.engine.limits import Limited
from app.engine.payout_rules import GroupBonusPayout, PoolPayout
from app.engine.pools import place_shares, ranks, share_out
from app.engine.scope import Scope
from app.engine.steps import Rule, Step, Value, number, text

ZERO: Final = Fraction(0)
ONE: Final = Fraction(1)

Scopes = Mapping[str, Scope]


def pay_all(scopes: Scopes) -> dict[str, Limited]:
    """Return what each of `scopes`, all payees of one period, gets of a pool or a group bonus.

    An amount that is computed is that of the first payee by name, so it should be one that is the
    same for everybody.
    """
    if not scopes:
        return {}
    payout = scopes[min(scopes)].component.payout
    if isinstance(payout, GroupBonusPayout):
        return _group_bonus(payout, scopes)
    if isinstance(payout, PoolPayout):
        return _pool(payout, scopes)
    raise TypeError(f"A {payout.kind} is paid to each alone.")


def _pool(payout: PoolPayout, scopes: Scopes) -> dict[str, Limited]:
    first = scopes[min(scopes)]
    members = scopes if payout.among is None else first.peers(payout.among)
    explained = {
        payee: reckoning.explained(payout.on, scope)
        for payee, scope in scopes.items()
        if payee in members
    }
    scores = {payee: score for payee, (score, _) in explained.items()}
    weights = _weights(payout, scores)
    whole, parts = _whole(payout, weights, first)
    shares = share_out(first.terms.minor(whole), weights)
    said = _Said(payout, first, whole, scores)
    return {
        payee: said.share(
            payee, shares.get(payee, 0), (*parts, *explained.get(payee, (ZERO, ()))[1])
        )
        for payee in scopes
    }


def _weights(payout: PoolPayout, scores: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Return what each payee weighs; places weigh what they are worth."""
    if payout.by == "rank":
        return place_shares(scores, [Fraction(each) for each in payout.places])
    if payout.by == "equal":
        return {payee: ONE for payee, score in scores.items() if score > 0}
    return {payee: score for payee, score in scores.items() if score > 0}


def _whole(
    payout: PoolPayout, weights: Mapping[str, Fraction], first: Scope
) -> tuple[Fraction, tuple[Step, ...]]:
    """Return what is shared: the amount, or as much of it as the places that are taken hold."""
    taken = sum(weights.values(), ZERO)
    if payout.amount is None:
        return taken, ()
    amount, parts = reckoning.explained(payout.amount, first)
    return (amount * taken if payout.by == "rank" else amount), parts


class _Said:
    """How the shares of one pool are explained."""

    def __init__(
        self, payout: PoolPayout, first: Scope, whole: Fraction, scores: Mapping[str, Fraction]
    ) -> None:
        self.terms, self.rule = first.terms, Rule(first.component.id)
        self.payout, self.whole = payout, whole
        self.scores = {
            payee: score
            for payee, score in scores.items()
            if (score if payout.by == "rank" else score > 0)
        }
        self.places = ranks(self.scores)

    def share(self, payee: str, minor: int, parts: tuple[Step, ...]) -> Limited:
        """Return a share of so many minor units with its step."""
        amount = self.terms.major(minor)
        code, params = self._words(payee)
        return Limited(amount, (Step(code, params, self.terms.money(amount), self.rule, parts),))

    def _words(self, payee: str) -> tuple[str, dict[str, Value]]:
        pool = self.terms.money(self.whole)
        if payee not in self.scores:
            return "pool_none", {"pool": pool}
        if self.payout.by == "rank":
            place = self.places[payee]
            params: dict[str, Value] = {"place": number(place), "people": number(len(self.scores))}
            tied = sum(each == place for each in self.places.values())
            if tied == 1:
                return "pool_rank", params
            return "pool_rank_tied", params | {"tied": number(tied)}
        if self.payout.by == "equal":
            return "pool_equal", {"pool": pool, "people": number(len(self.scores))}
        everybody = sum(self.scores.values(), ZERO)
        mine = {"mine": number(self.scores[payee]), "all": number(everybody)}
        return "pool_share", {"pool": pool} | mine


def _group_bonus(payout: GroupBonusPayout, scopes: Scopes) -> dict[str, Limited]:
    first = scopes[min(scopes)]
    members = first.peers(payout.group)
    met = sum(reckoning.holds(payout.when, scope) for scope in members.values())
    params = {
        "group": text(payout.group),
        "met": number(met),
        "people": number(len(members)),
        "condition": text(reckoning.says(payout.when)),
    }
    reached = met == len(members)
    paid = [payee for payee in scopes if payee in members and reached]
    parts = _parts(payout, {payee: scopes[payee] for payee in paid})
    code = "group_bonus" if reached else "group_bonus_open"
    rule = Rule(first.component.id)
    found: dict[str, Limited] = {}
    for payee in scopes:
        amount, steps = parts.get(payee, (ZERO, ()))
        money = first.terms.money(amount)
        found[payee] = Limited(amount, (Step(code, params, money, rule, steps),))
    return found


def _parts(
    payout: GroupBonusPayout, scopes: Scopes
) -> dict[str, tuple[Fraction, tuple[Step, ...]]]:
    """Return what each member gets: the amount, or an equal share of it."""
    if not payout.shared or not scopes:
        return {payee: reckoning.explained(payout.amount, scope) for payee, scope in scopes.items()}
    first = scopes[min(scopes)]
    amount, steps = reckoning.explained(payout.amount, first)
    shares = share_out(first.terms.minor(amount), dict.fromkeys(scopes, ONE))
    return {payee: (first.terms.major(share), steps) for payee, share in shares.items()}

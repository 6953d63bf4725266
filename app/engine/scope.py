"""What a formula or a payout may ask about one payee in one period."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol

from app.engine.document import Component
from app.engine.payout import Terms
from app.engine.periods import Span


class Scope(Protocol):
    """One payee in one period of one component; every number is exact and computed once."""

    @property
    def component(self) -> Component:
        """The component that is settled."""

    @property
    def terms(self) -> Terms:
        """The currency and the rounding of the program."""

    @property
    def payee(self) -> str:
        """Who is paid."""

    @property
    def span(self) -> Span:
        """The days of the period."""

    def figure(self, name: str) -> Fraction:
        """Return a figure of this component; "measure" is the main one."""

    def quota(self, figure: str | None = None) -> Fraction | None:
        """Return the quota of the period after ramp and proration, None where none is set."""

    def of_component(self, component: str, figure: str | None) -> Fraction:
        """Return what another component pays the payee in this period, or one of its figures."""

    def attribute(self, name: str) -> str | Decimal | None:
        """Return an attribute of the payee, None when it is not known."""

    def days(self, which: Literal["worked", "period"]) -> Fraction:
        """Return the days of the period, or those on which the payee takes part."""

    def mandate_rate(self) -> Fraction | None:
        """Return the rate that the payee's mandate sets, None without one."""

    def previous(self) -> Scope | None:
        """Return the payee's period before this one, None in the first."""

    def peers(self, group: str | None = None) -> Mapping[str, Scope]:
        """Return everybody of the component in the same period, or all members of a group."""

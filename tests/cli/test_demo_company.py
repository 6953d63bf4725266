from collections import Counter
from datetime import date, timedelta

import pytest

from app.cli.demo import program
from app.cli.demo.company import GIULIA, PERSONAS, SOPHIE, Size, company
from app.cli.demo.sales import GAS, POWER, expected_of, sales_on
from app.engine import reading
from app.http.principal import Role

MONDAY = date(2025, 11, 17)


@pytest.mark.parametrize("size", ["small", "full"])
def test_nobody_shares_a_number_or_an_address(size: Size) -> None:
    people = company(size, MONDAY)

    assert len({worker.number for worker in people}) == len(people)
    assert len({worker.email for worker in people}) == len(people)


@pytest.mark.parametrize("size", ["small", "full"])
def test_every_persona_works_there(size: Size) -> None:
    numbers = {worker.number for worker in company(size, MONDAY)}

    assert {persona.number for persona in PERSONAS} <= numbers


@pytest.mark.parametrize("size", ["small", "full"])
def test_everybody_reports_to_somebody_who_works_there(size: Size) -> None:
    people = company(size, MONDAY)
    numbers = {worker.number for worker in people}
    bosses = {post.manager for worker in people for post in worker.posts} - {None}

    assert bosses <= numbers


def test_it_is_a_field_force_of_about_120_in_four_regions() -> None:
    people = company("full", MONDAY)
    reps = [worker for worker in people if worker.roles == {Role.REP}]
    titles = Counter(worker.posts[0].title for worker in people)

    assert 110 <= len(reps) <= 130
    assert titles["Regional manager"] == 4
    assert titles["Sub-agent"] >= 10
    assert {worker.language for worker in people} == {"en", "it", "fr", "id"}


def test_the_agent_has_sub_agents() -> None:
    under = [w for w in company("small", MONDAY) if w.posts[0].manager == SOPHIE]

    assert [worker.posts[0].kind for worker in under] == ["sub_agent"] * 3


def test_the_same_day_sells_the_same() -> None:
    giulia = next(worker for worker in company("full", MONDAY) if worker.number == GIULIA)
    days = [MONDAY + timedelta(days=nth) for nth in range(30)]

    first = [sale for day in days for sale in sales_on(day, giulia)]
    again = [sale for day in days for sale in sales_on(day, giulia)]

    assert first == again
    assert len({sale.external_id for sale in first}) == len(first) > 20


def test_nobody_sells_before_the_first_day() -> None:
    late = next(w for w in company("full", MONDAY) if w.posts[0].from_on > MONDAY and w.talent)
    before = late.posts[0].from_on - timedelta(days=1)

    assert [sale for nth in range(40) for sale in sales_on(before - timedelta(nth), late)] == []


def test_nothing_is_expected_before_the_first_day() -> None:
    late = next(w for w in company("full", MONDAY) if w.posts[0].from_on > MONDAY and w.talent)
    first = late.posts[0].from_on
    week = timedelta(days=6)

    assert expected_of(late, first - timedelta(days=30), first - timedelta(days=1)) == 0
    assert expected_of(late, first - timedelta(days=30), first + week) == (
        expected_of(late, first, first + week)
    )


def test_a_rep_sells_power_or_gas_every_month() -> None:
    reps = [w for w in company("full", MONDAY) if w.talent >= 5 and w.posts[0].from_on == MONDAY]
    november = [date(2026, 11, 1) + timedelta(days=nth) for nth in range(30)]

    without = [
        rep.number
        for rep in reps
        if not {sale.product for day in november for sale in sales_on(day, rep)} & {POWER, GAS}
    ]

    assert reps
    assert without == []


def test_the_program_is_a_valid_document() -> None:
    parsed = reading.read(program.document(MONDAY, date(2026, 11, 21)))

    assert parsed.component(program.MONTHLY).needs_quota

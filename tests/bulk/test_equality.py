"""One definition: what Python adds up is what DuckDB adds up from the compiled text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from app.bulk import given as flat_facts
from app.bulk import running
from app.bulk.dialect import quoted
from app.bulk.tallying import tallying
from app.engine.document import Program
from app.engine.evaluate import evaluate
from app.engine.facts import Facts
from app.kernel.money import MICROS
from tests.bulk import strategies, sums

CALM = settings(max_examples=60, suppress_health_check=list(HealthCheck))


@CALM
@given(program=strategies.plans(), facts=strategies.facts())
def test_duckdb_adds_up_what_the_engine_adds_up(program: Program, facts: Facts) -> None:
    flat, tables = flat_facts.tables_of(program, facts)
    kind = program.components[0].measure.kind

    with running.engine(tables) as run:
        tally = tallying(program, program.components[0], flat, days=run.span())
        rows = run.table(tally).to_pylist()

    found = sums.plain(sums.by_rows(rows, tally, kind), kind)
    assert found == sums.plain(sums.by_engine(program, facts), kind)


@CALM
@given(program=strategies.plans(), facts=strategies.facts())
def test_duckdb_adds_up_by_day_for_windows_of_any_kind(program: Program, facts: Facts) -> None:
    flat, tables = flat_facts.tables_of(program, facts)
    kind = program.components[0].measure.kind

    with running.engine(tables) as run:
        tally = tallying(program, program.components[0], flat, grain="day", days=run.span())
        rows = run.table(tally).to_pylist()

    found = sums.plain(sums.by_rows(rows, tally, kind), kind)
    assert found == sums.plain(sums.by_engine(program, facts, by_day=True), kind)


@CALM
@given(program=strategies.paid_plans(), facts=strategies.facts())
def test_a_bulk_run_pays_what_evaluating_pays(program: Program, facts: Facts) -> None:
    flat, tables = flat_facts.tables_of(program, facts)
    targets = {
        ("main", row["person_id"], row["from_on"]): 500 * MICROS
        for row in tables["quotas"].to_pylist()
    }

    with running.engine(tables) as run:
        paid = running.earnings(program, flat, run, targets).to_pylist()

    found = {(row["payee_id"], row["starts_on"]): row["amount_minor"] for row in paid}
    assert found == {
        (each.payee, each.span.first): each.outcome.amount_minor
        for each in evaluate(program, facts)
    }


@pytest.mark.parametrize("spans", [1, 2])
def test_a_sale_in_no_span_of_a_custom_period_pays_nothing(spans: int) -> None:
    stated = [("2026-02-01", "2026-02-10"), ("2026-03-01", "2026-03-10")][:spans]
    component = {
        "id": "main",
        "name": "Main",
        "effective": {"from": "2026-01-01", "to": "2026-12-31"},
        "measure": {"kind": "sum", "of": "amount"},
        "period": {"kind": "custom", "spans": [{"from": a, "to": b} for a, b in stated]},
        "payout": {"kind": "rate", "rate": "0.05"},
    }
    program = Program.model_validate(
        {
            "schema": "laurel.program/1",
            "name": "Spans",
            "currency": "EUR",
            "zone": "UTC",
            "components": [component],
        }
    )
    sold = {"id": "A", "occurred_at": "2026-01-05T12:00:00Z", "person": "ann", "amount": "100"}
    facts = Facts.model_validate({"activities": [sold]})
    flat, tables = flat_facts.tables_of(program, facts)

    with running.engine(tables) as run:
        paid = running.earnings(program, flat, run, {}).to_pylist()

    assert paid == []


def test_a_text_is_written_so_that_no_engine_reads_anything_into_it() -> None:
    assert quoted("plain") == "'plain'"
    assert quoted("It's") == "('It' || chr(39) || 's')"
    assert quoted("${a}\\n") == "(chr(36) || '{a}' || chr(92) || 'n')"
    assert quoted("") == "''"
    with pytest.raises(ValueError, match="zero"):
        quoted("\0")

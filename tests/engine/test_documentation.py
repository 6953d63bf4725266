"""The documents in `docs/plan-language.md` are programs and facts that the engine takes and pays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.engine import english, evaluate, facts_reading, reading, report, text
from tests.engine.documents import component_json, program_json, rate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plan-language.md"
WORDS = PAGE.read_text(encoding="utf-8")


def blocks(kind: str) -> list[Any]:
    found = re.findall(rf"```{kind}\n(.*?)```", WORDS, re.DOTALL)
    return [json.loads(block) for block in found]


PARTS = blocks("json part")
STATED = blocks("json facts")[0]
FACTS = json.loads(json.dumps(STATED).replace('"dual-fuel"', '"main"'))
"""The facts on the page, for the component that stands around each piece."""


def recipe(title: str) -> Any:
    """Return the first piece of a document after the recipe called `title`."""
    _, _, after = WORDS.partition(f"**{title}")
    found = re.search(r"```json part\n(.*?)```", after, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def plan(part: Any) -> reading.Program:
    raw = component_json(rate("0.05")) | {"period": {"kind": "month"}} | part
    if raw["payout"]["kind"] == "per_unit" and "measure" not in part:
        raw["measure"] = {"kind": "sum", "of": "units"}
    quality = component_json(rate("0.01"), id="quality")
    return reading.read(
        program_json(raw, quality, groups={"north": {"people": ["ann", "bob"]}}, zone="UTC")
    )


def paid(part: Any, *activities: dict[str, Any], **more: Any) -> dict[tuple[str, str], str]:
    """Return what the piece pays, by payee and period."""
    program = plan(part)
    stated = facts_reading.read({"activities": [*activities], **more}, program)
    found = report.report(program, evaluate.evaluate(program, stated))
    return {
        (each["payee"], each["period"]): each["money"]["amount"]
        for each in found["earnings"]
        if each["component"] == "main"
    }


def sold(nth: int, amount: str, person: str = "ann", month: int = 11, **more: Any) -> Any:
    at = f"2026-{month:02}-10T10:{nth:02}:00Z"
    return {"id": f"s{nth}", "occurred_at": at, "person": person, "amount": amount} | more


def quota(target: str, first: str = "2026-11-01", last: str = "2026-11-30") -> Any:
    return {"quotas": [{"person": "ann", "from": first, "to": last, "target": target}]}


def test_the_first_program_pays_what_its_prose_says() -> None:
    program = reading.read(blocks("json")[0])
    sales = [sold(n, "10.00", product="Dual-fuel", status="verified", month=11) for n in range(14)]

    found = evaluate.evaluate(program, facts_reading.read({"activities": sales}))

    assert [each.outcome.amount_minor for each in found] == [9 * 18_00 + 5 * 22_50, 60_00]


def test_the_first_program_reads_like_its_prose() -> None:
    said = english.describe(text.sentences(reading.read(blocks("json")[0])))

    assert "You get 18.00 EUR for units in week." in said
    assert "From 10 on, what follows pays 22.50 EUR." in said
    assert "At 14 in week you get 60.00 EUR once." in said


def test_the_facts_on_the_page_are_facts_of_the_first_program() -> None:
    program = reading.read(blocks("json")[0])

    assert facts_reading.read(STATED, program).activities[0].person == "ann"


@pytest.mark.parametrize("part", PARTS, ids="+".join)
def test_every_piece_on_the_page_pays_the_facts_on_the_page(part: Any) -> None:
    program = plan(part)

    found = evaluate.evaluate(program, facts_reading.read(FACTS, program))

    assert all(english.explain(each.outcome.explanation) for each in found)


def test_the_split_recipe() -> None:
    shares = [{"person": "eve", "role": "engineer"}]

    found = paid(recipe("Split"), sold(1, "80000", shares=shares))

    assert found == {("ann", "2026-11"): "5600.00", ("eve", "2026-11"): "2400.00"}


def test_the_override_recipe() -> None:
    positions = [
        {"person": person, "manager": above, "from": "2026-01-01"}
        for person, above in (("ann", "bob"), ("bob", "cy"), ("cy", "dan"))
    ]

    found = paid(recipe("Override"), sold(1, "1000"), positions=positions)

    assert found == {
        ("bob", "2026-11"): "30.00",
        ("cy", "2026-11"): "20.00",
        ("dan", "2026-11"): "10.00",
    }


def test_the_accelerator_recipes() -> None:
    sales = [sold(1, "130000")]

    assert paid(recipe("Accelerator, marginal"), *sales, **quota("100000")) == {
        ("ann", "2026-11"): "7400.00"
    }
    assert paid(recipe("Accelerator, retroactive"), *sales, **quota("100000")) == {
        ("ann", "2026-11"): "9750.00"
    }


def test_the_threshold_recipe() -> None:
    part = recipe("Threshold")
    above = {"limits": {"threshold": part["limits"]["threshold"] | {"cliff": False}}}

    assert paid(part, sold(1, "79"), **quota("100")) == {("ann", "2026-11"): "0.00"}
    assert paid(part, sold(1, "80"), **quota("100")) == {("ann", "2026-11"): "4.00"}
    assert paid(above, sold(1, "100"), **quota("100")) == {("ann", "2026-11"): "1.00"}


def test_the_cap_recipe() -> None:
    small, huge = sold(1, "4000"), [sold(n, "15000") for n in range(2, 9)]

    assert paid(recipe("Cap"), small, huge[0]) == {("ann", "2026-11"): "700.00"}
    assert paid(recipe("Cap"), small, *huge) == {("ann", "2026-11"): "3000.00"}


def test_the_draw_and_the_guarantee_recipes() -> None:
    months = [sold(month, str(amount), month=month) for month, amount in ((10, 20000), (11, 80000))]

    assert paid(recipe("Recoverable draw"), *months) == {
        ("ann", "2026-10"): "2000.00",
        ("ann", "2026-11"): "3000.00",
    }
    people = [{"person": "ann", "joined_on": "2026-06-15"}]
    part = {"limits": {"guarantee": {"amount": "1000", "months": 6}}}
    assert paid(part, *months, people=people)["ann", "2026-09"] == "1000.00"


def test_the_part_of_a_year_recipe() -> None:
    people = [{"person": "ann", "joined_on": "2026-09-01"}]

    assert paid(recipe("Part of a year"), people=people, as_of="2026-12-31") == {
        ("ann", "2026"): "3342.47"
    }


def test_the_training_recipe() -> None:
    training = sold(2, "0", kind="training", month=3)

    assert paid(recipe("Gate"), sold(1, "100"))["ann", "2026-11"] == "0.00"
    assert paid(recipe("Gate"), sold(1, "100"), training)["ann", "2026-11"] == "5.00"


def test_the_pool_recipe() -> None:
    sales = [sold(n, amount, who) for n, (who, amount) in enumerate(
        (("ann", "9"), ("bob", "9"), ("cy", "5"), ("dan", "1"))
    )]  # fmt: skip

    assert list(paid(recipe("Matrix."), *sales).values()) == ["400.00", "400.00", "200.00", "0.00"]


def test_the_group_bonus_recipe_wants_every_member() -> None:
    quotas = {
        "quotas": [
            {"person": who, "from": "2026-11-01", "to": "2026-11-30", "target": "10"}
            for who in ("ann", "bob")
        ]
    }

    assert paid(recipe("Group bonus"), sold(1, "10"), **quotas) == {("ann", "2026-11"): "0.00"}
    assert set(
        paid(recipe("Group bonus"), sold(1, "10"), sold(2, "10", "bob"), **quotas).values()
    ) == {"250.00"}


def test_the_nps_recipe() -> None:
    scores = [10] * 10 + [7] * 3 + [0] * 8
    surveys = [sold(n, "0", kind="survey", attributes={"score": s}) for n, s in enumerate(scores)]

    assert paid(recipe("NPS"), *surveys) == {("ann", "2026-11"): "95.24"}


def test_the_binary_recipe_carries_the_stronger_leg() -> None:
    sides = [
        sold(1, "500", month=10, attributes={"leg": "left"}),
        sold(2, "1000", month=10, attributes={"leg": "right"}),
        sold(3, "700", month=11, attributes={"leg": "left"}),
    ]

    assert paid(recipe("Binary"), *sides) == {
        ("ann", "2026-10"): "50.00",
        ("ann", "2026-11"): "50.00",
    }


def test_the_overtime_recipe() -> None:
    people = [{"person": "ann", "attributes": {"hourly": "12", "bonus": "46"}}]

    found = paid(recipe("Overtime"), sold(1, "0", units="46"), people=people)

    assert found == {("ann", "2026-W46"): "637.00"}


def test_the_differential_recipe() -> None:
    positions = [{"person": "bob", "manager": "ann", "from": "2026-01-01"}]

    found = paid(
        recipe("Differential"), sold(1, "500"), sold(2, "1000", "bob"), positions=positions
    )

    assert found == {("ann", "2026-11"): "105.00", ("bob", "2026-11"): "120.00"}

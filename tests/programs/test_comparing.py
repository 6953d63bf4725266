from __future__ import annotations

from app.programs.comparing import compare
from tests.programs.builders import component, document, five_percent

TIERS = {"mode": "marginal", "boundary": "inclusive", "steps": [{"from": "100", "rate": "0.06"}]}


def test_equal_documents_have_no_changes() -> None:
    found = compare(document(five_percent()), document(five_percent()))

    assert (found.changes, found.gone, found.new) == ((), (), ())


def test_a_change_names_the_smallest_place_with_both_values() -> None:
    before = document(five_percent())
    after = document(component({"kind": "rate", "rate": "0.07"}, clawback_days=30))

    found = compare(before, after)

    assert [(each.path, each.before, each.after, each.code) for each in found.changes] == [
        ("/components/0/payout/rate", "0.05", "0.07", "payout_changed"),
        ("/components/0/clawback_days", None, 30, "timing_changed"),
    ]
    assert {each.code for each in found.new} >= {"rate", "clawback"}
    assert [each.code for each in found.gone] == ["rate"]


def test_components_are_known_by_their_ids_wherever_they_stand() -> None:
    before = document(five_percent(id="a"), five_percent(id="b"))
    after = document(five_percent(id="b"), five_percent(id="c"), name="Winter")

    found = compare(before, after)

    assert [(each.path, each.code, each.component) for each in found.changes] == [
        ("/name", "program_changed", None),
        ("/components/1", "component_added", "c"),
        ("/components/0", "component_removed", "a"),
    ]


def test_a_list_that_grew_differs_as_a_whole() -> None:
    one = {"from": "100", "rate": "0.06"}
    two = {"from": "200", "rate": "0.08"}
    tiers = [TIERS | {"steps": steps} for steps in ([one], [one, two])]
    before, after = (
        document(component({"kind": "rate", "rate": "0.05", "tiers": each})) for each in tiers
    )

    (change,) = compare(before, after).changes

    assert change.path == "/components/0/payout/tiers/steps"
    assert change.after == [one, two]

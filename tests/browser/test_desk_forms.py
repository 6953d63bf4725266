"""What is made at the desk by form, and what it does on the phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import Devices, button, field
from tests.browser.conftest import DESK, Device, LiveSite

REP, DIRECTOR = "L-0474", "L-0001"
HOUSE = ZoneInfo("Europe/Rome")


AT_REST = """() => document.getAnimations().every(
    (each) => each.playState !== 'running' || each.effect.getTiming().iterations === Infinity)"""
"""Colours have faded to the new theme."""


def clean_in_light_and_dark(device: Device) -> list[str]:
    """Return what axe finds on the page as it stands, in both themes."""
    found = []
    for theme in ("dark", "light"):
        device.page.emulate_media(color_scheme=theme)
        device.page.wait_for_function(AT_REST)
        found += [f"{theme}: {line}" for line in device.axe()]
    return found


def sell(site: LiveSite, *, product: str, units: int = 1, at: datetime | None = None) -> str:
    """Send a sale of the demo's rep through the public API; return its customer."""
    customer = f"C-{uuid4().hex[:8]}"
    answer = site.post(
        "/activities",
        {
            "external_id": customer,
            "person": {"employee_number": REP},
            "occurred_at": (at or datetime.now(UTC)).isoformat(),
            "amount": {"amount": "640.00", "currency": "EUR"},
            "units": str(units),
            "product": product,
            "customer_reference": customer,
        },
    )
    assert answer["counts"]["accepted"] == 1, answer
    return customer


def test_a_contest_launched_by_form_is_on_the_phone_and_counts(
    device: Devices, live_site: LiveSite
) -> None:
    desk, phone = device(DESK), device()
    desk.expected.append("status of 422")  # asked for with an empty form first
    page, name = desk.page, f"Sprint {uuid4().hex[:6]}"
    desk.sign_in_as("manager")
    desk.open("/console/contests/new")

    button(page, "Next: review").click()
    expect(field(page, "Name")).to_have_attribute("aria-invalid", "true")
    expect(field(page, "Starts")).to_have_attribute("aria-invalid", "true")
    expect(field(page, "Ends")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("things need a correction.")).to_be_visible()
    assert clean_in_light_and_dark(desk) == []

    now = datetime.now(HOUSE)
    field(page, "Name").fill(name)
    field(page, "Starts").fill(f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}")
    field(page, "Ends").fill(f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}")
    field(page, "Each wins").fill("40")
    button(page, "Next: review").click()
    expect(page.get_by_text("The end must come after the start.")).to_be_visible()

    field(page, "Starts").fill(f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    field(page, "Ends").fill(f"{now + timedelta(days=2):%Y-%m-%dT%H:%M}")
    button(page, "Next: review").click()
    expect(page.get_by_text("Every sale counts one.").first).to_be_visible()
    assert clean_in_light_and_dark(desk) == []
    button(page, "Launch and seal").click()
    page.wait_for_url(re.compile(r"/console/contests/(?!new)[^/?]+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)

    phone.sign_in_as("rep")
    phone.open(f"/ranks?contest={page.url.rsplit('/', 1)[1]}")
    expect(phone.page.get_by_role("button", name=re.compile(name))).to_be_visible()
    mine = phone.page.locator('[aria-current="true"]').first
    row_before = mine.inner_text()
    sell(live_site, product="DUAL-FUEL")
    expect(mine).not_to_have_text(row_before, timeout=120_000)
    assert clean_in_light_and_dark(phone) == []


def step(page: Page, name: str) -> None:
    """Open a step of the designer."""
    page.get_by_role("navigation", name="Steps of the plan").get_by_role(
        "button", name=re.compile(name)
    ).click()


def test_a_plan_written_by_form_is_read_published_and_paid(
    device: Devices, live_site: LiveSite
) -> None:
    desk, phone = device(DESK), device()
    desk.expected.append("status of 422")  # saved empty first
    page = desk.page
    product = f"DESK-{uuid4().hex[:6].upper()}"
    desk.sign_in_as("admin")
    desk.open("/console/programs/new")

    button(page, "Save draft").click()
    to_correct = page.get_by_role("list", name="To correct").get_by_role("button")
    expect(page.get_by_text("4 things need a correction.", exact=True).first).to_be_visible()
    expect(to_correct).to_have_count(4)
    expect(field(page, "Name")).to_be_focused()
    assert clean_in_light_and_dark(desk) == []

    field(page, "Name").fill(f"Plan of {product}")
    step(page, "What counts")
    field(page, "Name").fill(f"Bonus of {product}")
    field(page, "First day").fill(f"{datetime.now(HOUSE):%Y-%m-01}")
    button(page, "Condition").first.click()
    field(page, "Value").fill(product)
    assert clean_in_light_and_dark(desk) == []
    step(page, "What it pays")
    field(page, "For each").fill("10")
    field(page, "Tiers").check()
    field(page, "From").fill("2")
    field(page, "Value").fill("1.5")
    button(page, "Save draft").click()

    page.wait_for_url(re.compile(r"/console/programs/(?!new)[^/]+$"))
    read = page.get_by_role("complementary", name="The plan, as your reps will read it")
    expect(read).to_contain_text(f"Counts when Product is {product}.")
    expect(read).to_contain_text("You get €10.00 for each unit in a week.")
    expect(read).to_contain_text("From 2 on")
    step(page, "Limits")
    assert clean_in_light_and_dark(desk) == []

    button(page, "Review and publish").click()
    button(page, "Publish").click()
    button(page.get_by_role("dialog"), "Publish and seal").click()
    expect(page.get_by_text("The plan is published.")).to_be_visible()
    step(page, "Review")
    expect(page.get_by_text("Version 1", exact=True).first).to_be_visible()

    phone.sign_in_as("rep")
    phone.open("/earnings")
    customer = sell(live_site, product=product, units=4)  # one at €10, from the second on at €15
    line = phone.page.get_by_role("link", name=re.compile(customer)).filter(
        has_text=f"Bonus of {product}"
    )
    expect(line).to_contain_text("€55.00", timeout=120_000)


def test_a_template_is_changed_simulated_and_published(device: Devices) -> None:
    desk = device(DESK)
    page = desk.page
    desk.sign_in_as("admin")
    desk.open("/console/programs")
    page.get_by_role("link", name=re.compile("^Volume incentive")).click()
    step(page, "What it pays")

    price = field(page, "For each")
    price.fill("2.50")
    price.blur()
    assert clean_in_light_and_dark(desk) == []
    button(page, "Save draft").click()

    page.wait_for_url(re.compile(r"/console/programs/(?!new)[^/?]+$"))
    simulation = page.get_by_role("complementary", name="Simulation")
    expect(simulation.get_by_role("heading", level=2)).to_contain_text("Would have cost")
    expect(simulation.get_by_text("As a table")).to_be_visible()
    assert clean_in_light_and_dark(desk) == []

    button(page, "Review and publish").click()
    button(page, "Publish").click()
    button(page.get_by_role("dialog"), "Publish and seal").click()
    expect(page.get_by_text("The plan is published.")).to_be_visible()


def test_somebody_elses_pay_is_explained_at_the_desk(device: Devices, live_site: LiveSite) -> None:
    customer = sell(live_site, product="DUAL-FUEL")
    desk = device(DESK)
    page = desk.page
    desk.sign_in_as("finance", language="it")
    desk.open(f"/console/people?search={REP}")
    page.get_by_role("link", name="Giulia Ferrante").click()
    page.get_by_role("link", name="Ogni voce").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Giulia Ferrante ha")
    assert clean_in_light_and_dark(desk) == []
    page.get_by_role("link", name=customer).first.click()

    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text(f"Vendita {customer}")
    expect(sheet).to_contain_text(re.compile(r"La \d+ª in questo periodo"))
    expect(sheet).to_contain_text("versione")
    assert clean_in_light_and_dark(desk) == []


def test_a_manager_reads_the_pay_of_the_own_people_only(device: Devices) -> None:
    desk = device(DESK)
    desk.expected.append("status of 404")
    desk.sign_in_as("admin")
    director = desk.page.evaluate(
        "async (q) => (await (await fetch(`/api/v1/people?search=${q}`)).json()).items[0].id",
        DIRECTOR,
    )

    desk.sign_in_as("manager")
    desk.open(f"/console/people/{director}/earnings")

    expect(desk.page.get_by_text("Earnings did not load.")).to_be_visible()


ROWS = 6_000


def file_of_sales() -> bytes:
    """Return sales as a system writes them that names nothing as we do; one names nobody we know."""

    def lines() -> Iterator[str]:
        yield "Order no;Signed on;Who;Sum"
        day = datetime.now(HOUSE) - timedelta(days=40)
        batch = uuid4().hex[:6]
        for nth in range(ROWS):
            who = "L-9999" if nth == 7 else DIRECTOR
            yield f"{batch}-{nth};{day:%d/%m/%Y};{who};12,50"

    return "\n".join(lines()).encode()


def test_a_file_goes_through_the_wizard_and_a_row_is_repaired_in_place(device: Devices) -> None:
    desk = device(DESK)
    page = desk.page
    desk.sign_in_as("admin")
    desk.open("/console/imports/new")

    button(page, "Send the file").click()
    expect(page.get_by_text("Choose a file.")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "desk.csv", "mimeType": "text/csv", "buffer": file_of_sales()}
    )
    field(page, "Where it comes from").fill(f"desk {uuid4().hex[:6]}")
    button(page, "Send the file").click()

    expect(page.get_by_role("region", name="First rows, as they are read")).to_contain_text("12,50")
    field(page, "Who sold").select_option(label="Who")
    field(page, "Amount").select_option(label="Sum")
    field(page, "Currency").select_option(label="EUR for every row")
    field(page, "Days").select_option(label="dd/mm/yyyy")
    assert clean_in_light_and_dark(desk) == []
    button(page, "Try it, nothing counts yet").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "One would wait outside.", timeout=120_000
    )
    expect(page.get_by_text("Row 9: Who L-9999 is not known")).to_be_visible()
    assert clean_in_light_and_dark(desk) == []
    button(page, "Start, it counts").click()

    page.wait_for_url(re.compile(r"/console/imports/(?!new)[^/?]+$"))
    expect(page.get_by_role("progressbar", name="Rows read")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"{ROWS - 1:,} rows are in. One waits outside until it makes sense.", timeout=120_000
    )
    assert clean_in_light_and_dark(desk) == []
    field(page, "Who of row 9").fill(DIRECTOR)
    button(page, "Repair row 9").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"{ROWS:,} rows are in. None waits outside."
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_finance_puts_codes_in_the_vault(device: Devices, theme: str) -> None:
    desk = device(DESK, color_scheme=theme)
    page = desk.page
    code = uuid4().hex[:12].upper()
    codes = (
        f"code,pin,expires_on\n{code}A,1111,2199-01-31\n{code}B,,\n{code}B,,\n{code}C,,2001-01-01\n"
    )
    desk.sign_in_as("finance", language="it")
    desk.open("/console/rewards")
    row = page.get_by_role("row", name=re.compile("Vivaio Due"))
    before = codes_left(row)

    button(page, "Aggiungi codici di Vivaio Due").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(
        {"name": "codes.csv", "mimeType": "text/csv", "buffer": codes.encode()}
    )
    assert desk.axe() == []
    button(dialog, "Aggiungi codici").click()

    expect(dialog).to_contain_text("2 codici")
    expect(dialog).to_contain_text("Riga 5: è scaduto")
    assert desk.axe() == []
    button(dialog, "Fatto").click()
    expect(row).to_contain_text(f"{before + 2} codici")


def codes_left(row: Locator) -> int:
    """Return how many codes of 15 euro the shelf holds."""
    found = re.search(r"15\s*€\s*(\d+)", row.inner_text())
    assert found is not None, row.inner_text()
    return int(found[1])

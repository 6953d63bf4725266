"""A rep's day on the phone, from the invitation to the code of a gift card."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import Devices, join
from tests.browser.conftest import DESK, Device, LiveSite


def invite(device: Device, employee_number: str) -> str:
    """As the tenant's admin, return an invitation link for somebody."""
    device.sign_in_as("admin")
    link = device.page.evaluate(
        """async (number) => {
            const ask = async (method, path) => (await fetch(`/api/v1${path}`, {method, headers:
                {'X-Laurel': '1', 'Content-Type': 'application/json'},
                body: method === 'GET' ? undefined : '{}'})).json();
            const found = await ask('GET', `/people?search=${number}`);
            return (await ask('POST', `/people/${found.items[0].id}/invitation`)).link;
        }""",
        employee_number,
    )
    assert isinstance(link, str)
    return link[link.index("/join/") :]


def join_as_rep(devices: Devices, employee_number: str) -> Device:
    """Follow an invitation of a rep of the demo on a new phone; end on Today, with a passkey."""
    invitation = invite(devices(DESK), employee_number)
    return join(devices(), invitation)


def sell(site: LiveSite, employee_number: str = "L-0474") -> str:
    """Send a sale through the public API; return its reference."""
    reference = f"C-{uuid4().hex[:8]}"
    answer = site.post(
        "/activities",
        {
            "external_id": reference,
            "person": {"employee_number": employee_number},
            "occurred_at": datetime.now(UTC).isoformat(),
            "amount": {"amount": "640.00", "currency": "EUR"},
            "units": "1",
            "product": "DUAL-FUEL",
            "customer_reference": reference,
        },
    )
    assert answer["counts"]["accepted"] == 1, answer
    return reference


def figure(page: Page) -> int:
    """Return the count inside the wreath."""
    label = page.get_by_role("img", name=re.compile(r"of .* of them today")).get_attribute(
        "aria-label"
    )
    assert label is not None
    found = re.search(r"(\d+) of ", label)
    assert found is not None, label
    return int(found[1])


def test_an_invitation_ends_in_a_passkey_and_the_passkey_signs_in_again(device: Devices) -> None:
    phone = join_as_rep(device, "L-0474")
    expect(phone.page.get_by_role("link", name="Log a sale")).to_be_visible()

    phone.open("/profile")
    phone.page.get_by_role("button", name="Sign out", exact=True).last.click()
    phone.page.wait_for_url("**/sign-in*")
    phone.page.get_by_role("button", name="Sign in with a passkey").click()
    phone.page.wait_for_url(f"{phone.site.url}/")

    expect(phone.page.get_by_role("link", name="Log a sale")).to_be_visible()


def test_a_sale_moves_today_and_the_open_board_without_reload(
    device: Devices, live_site: LiveSite
) -> None:
    today, board = device(), device()
    today.sign_in_as("rep")
    today.open("/")
    board.sign_in_as("rep")
    board.open("/ranks")
    mine = board.page.locator('[aria-current="true"]').first
    row_before = mine.inner_text()

    reference = sell(live_site)

    expect(today.page.get_by_role("link", name=reference).first).to_be_visible()
    expect(mine).not_to_have_text(row_before, timeout=120_000)


def answer_late(page: Page) -> None:
    """Let every answer of the server take two seconds more: what a push leaves open stays open so long."""
    page.evaluate(
        """() => {
            const ask = window.fetch;
            window.fetch = async (...what) => {
                await new Promise((later) => setTimeout(later, 2000));
                return ask(...what);
            };
        }"""
    )


def test_sales_of_somebody_below_move_the_open_board_of_all(
    device: Devices, live_site: LiveSite
) -> None:
    contests = live_site.get("/contests")["items"]
    contest = next(one["id"] for one in contests if one["state"] == "running")
    sell(live_site)  # on the first morning of a contest all are first
    first, *standings = live_site.get(f"/contests/{contest}/standings?limit=200")["items"]
    near = standings[:12]  # a long board draws what is near the screen: both places must be
    last = next(one for one in reversed(near) if one["employee_number"] != "L-0474")
    phone = device()
    phone.sign_in_as("rep")
    phone.open(f"/ranks?contest={contest}&all=1")
    row = phone.page.locator(f'[data-row="{last["person_id"]}"]')
    row.scroll_into_view_if_needed()
    expect(row).to_have_attribute("aria-posinset", re.compile(r"\d+"))
    place, scrolled = row.get_attribute("aria-posinset"), phone.page.evaluate("scrollY")
    team = row.locator(".who").inner_text()
    answer_late(phone.page)

    for _ in range(int(first["score"]) + 1):
        sell(live_site, last["employee_number"])

    expect(row).not_to_have_attribute("aria-posinset", place or "")
    expect(row.locator(".who")).to_have_text(team, use_inner_text=True)
    assert phone.page.evaluate("scrollY") == scrolled


def test_the_receipt_of_a_new_sale_names_rule_inputs_and_sale(
    device: Devices, live_site: LiveSite
) -> None:
    phone = device()
    phone.sign_in_as("rep")
    reference = sell(live_site)

    phone.open("/earnings")
    phone.page.get_by_text(reference).first.click()

    sheet = phone.page.get_by_role("dialog")
    expect(sheet).to_contain_text(reference)
    expect(sheet).to_contain_text(re.compile("Base", re.IGNORECASE))
    expect(sheet).to_contain_text(re.compile("version", re.IGNORECASE))
    expect(sheet).to_contain_text("€")


def test_a_rep_redeems_and_reveals_a_code_with_the_passkey(device: Devices) -> None:
    phone = join_as_rep(device, "L-0512")
    page = phone.page
    phone.expected.append("status of 403")  # asked first, then proven with the passkey
    phone.open("/rewards")
    page.get_by_text("Bottega Nord").first.click()
    page.get_by_role("radio", name="€10", exact=True).check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/rewards/orders/*")

    expect(page.get_by_text(re.compile("s yours"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Show the code").click()

    expect(page.locator(".code")).to_have_text(re.compile(r"[A-Z0-9]{4}"), timeout=120_000)


def test_a_device_that_is_ended_elsewhere_is_left_at_once(device: Devices) -> None:
    kept, lost = device(), device()
    kept.sign_in_as("agent")
    lost.sign_in_as("agent")
    lost.open("/")
    expect(lost.page.get_by_role("link", name="Log a sale")).to_be_visible()
    ended = lost.page.evaluate(
        """async () => (await (await fetch('/api/v1/me/devices')).json()).items
            .find((one) => one.current).id"""
    )

    kept.page.evaluate(
        """async (id) => fetch(`/api/v1/me/devices/${id}`,
            {method: 'DELETE', headers: {'X-Laurel': '1'}})""",
        ended,
    )

    lost.page.wait_for_url("**/sign-in*", timeout=120_000)
    expect(lost.page.get_by_text("Sophie Laurent")).to_have_count(1)  # among the personas


def test_offline_a_reload_shows_the_last_data_with_its_time(device: Devices) -> None:
    phone = device()
    phone.sign_in_as("rep")
    phone.open("/")
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    shown = figure(phone.page)

    phone.context.set_offline(True)
    phone.page.reload()

    expect(phone.page.get_by_text(re.compile(r"Figures are as of \d\d:\d\d"))).to_be_visible()
    assert figure(phone.page) == shown


def test_offline_screens_that_were_never_opened_show_what_was_true(device: Devices) -> None:
    phone = device()
    page = phone.page
    phone.sign_in_as("rep")
    with page.expect_response(lambda answer: "/board?" in answer.url, timeout=120_000):
        page.goto(f"{phone.site.url}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)

    for path in ("/earnings", "/ranks", "/rewards", "/inbox", "/badges"):
        page.goto(f"{phone.site.url}{path}")
        expect(page.get_by_text(re.compile(r"as of \d\d:\d\d")).first).to_be_visible()


def test_a_sale_logged_without_signal_sends_itself_later(device: Devices) -> None:
    phone = device()
    page = phone.page
    phone.sign_in_as("rep")
    phone.open("/log")
    reference = f"K-{uuid4().hex[:6]}"
    page.get_by_label("Product").click()
    page.get_by_role("dialog").get_by_role("option").or_(
        page.get_by_role("dialog").get_by_role("radio")
    ).first.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("Amount", exact=True).last.fill("120")
    page.get_by_label("Customer reference").fill(reference)
    phone.context.set_offline(True)
    page.get_by_role("button", name="Log it").click()
    expect(page.get_by_text(re.compile("kept on this phone")).first).to_be_visible()

    phone.context.set_offline(False)

    waiting = "async () => (await (await fetch('/api/v1/me/claims')).text())"
    page.wait_for_function(f"async () => (await ({waiting})()).includes('{reference}')")


SCREENS = (
    ("rep", "/"),
    ("rep", "/ranks"),
    ("rep", "/earnings"),
    ("rep", "/rewards"),
    ("rep", "/rewards/orders"),
    ("rep", "/inbox"),
    ("rep", "/badges"),
    ("rep", "/profile"),
    ("rep", "/log"),
    ("manager", "/verify"),
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_screen_of_the_phone(device: Devices, theme: str) -> None:
    phone = device(color_scheme=theme)
    phone.open("/sign-in")
    found = [("/sign-in", line) for line in phone.axe()]
    for persona in ("rep", "manager"):
        phone.sign_in_as(persona)
        for path in (path for who, path in SCREENS if who == persona):
            phone.open(path)
            found += [(path, line) for line in phone.axe()]

    assert found == []

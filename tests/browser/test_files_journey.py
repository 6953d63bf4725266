"""A payout file at the desk: prepared by one, approved by another with the passkey, downloaded, answered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.acts import PROVEN, Devices, agree, join, press
from tests.browser.backstage import stage
from tests.browser.conftest import DESK, LiveSite

ANSWER = "Upload the bank\u2019s answer"


@pytest.fixture(scope="module")
def told(live_site: LiveSite) -> dict[str, str]:
    """Two transfers wait, and two people of finance are invited."""
    return stage(live_site, "files_stage")


def test_a_file_goes_from_transfers_to_paid(
    device: Devices, told: dict[str, str], tmp_path: Path
) -> None:
    first = join(device(DESK, expected=PROVEN), told["first"])
    first.open("/console/payouts")
    expect(first.page.get_by_text("One batch is under way. Everything agrees.")).to_be_visible()
    assert first.axe() == []
    first.page.get_by_role("link", name="Main account").click()
    expect(first.page.get_by_role("heading", name="2 payments")).to_be_visible()
    press(first, "Prepare file")
    agree(first, "Prepare file")

    expect(first.page.get_by_text("Zoë Müller is written Zoe Muller")).to_be_visible()
    expect(first.page.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    assert first.axe() == []

    second = join(device(DESK, expected=PROVEN), told["second"])
    second.open(first.page.url.removeprefix(first.site.url))
    press(second, "Approve")
    agree(second, "Approve")
    expect(
        second.page.get_by_text(re.compile(r"€201\.00 from Main account: Approved"))
    ).to_be_visible()
    with second.page.expect_download() as coming:
        press(second, "Download file")
    file = Path(coming.value.path()).read_bytes()
    assert coming.value.suggested_filename.startswith("LRL-")
    assert b"<CtrlSum>201.00</CtrlSum>" in file
    expect(second.page.get_by_role("button", name="Download again")).to_be_visible()

    press(second, "The bank has it")
    expect(second.page.get_by_text(re.compile("With the bank")).first).to_be_visible()
    answer = tmp_path / "answer.csv"
    answer.write_text(f"reference,status,amount\n{told['reference']},paid,100.51\n", "utf-8")
    press(second, ANSWER)
    second.page.get_by_role("dialog").locator("input[type=file]").set_input_files(answer)
    second.page.get_by_role("dialog").get_by_role("button", name=ANSWER).click()
    expect(second.page.get_by_text("1 payment found.")).to_be_visible()
    agree(second, "Done")

    expect(second.page.get_by_text("The bank paid too much")).to_be_visible()
    press(second, "Close")
    second.page.get_by_label("What was done about it?").fill("Asked back by phone.")
    agree(second, "Close")
    expect(second.page.get_by_text("The bank paid too much")).to_have_count(0)


def test_the_paying_account_is_set_on_screen(device: Devices, told: dict[str, str]) -> None:
    desk = device(DESK)
    desk.sign_in_as("admin")
    desk.open("/console/payouts/settings")

    expect(desk.page.get_by_role("rowheader", name=re.compile("Main account"))).to_be_visible()
    press(desk, "New account")
    desk.page.get_by_label("Kind of file").select_option("nacha")

    expect(desk.page.get_by_label("Routing number")).to_be_visible()
    expect(desk.page.get_by_label("Currency", exact=True).last).to_have_value("USD")
    assert desk.axe() == []

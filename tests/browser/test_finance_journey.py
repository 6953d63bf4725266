"""A rep takes a closed month home; finance sees what is owed, takes the journal and states a tax rule."""

from __future__ import annotations

import io
import os
import re

import pypdf
from playwright.sync_api import expect

from tests.browser.acts import Devices
from tests.browser.backstage import stage
from tests.browser.conftest import DESK, LiveSite


def test_a_rep_opens_a_frozen_month_and_downloads_the_paper(
    device: Devices, live_site: LiveSite
) -> None:
    stage(live_site, "finance_stage")
    phone = device()
    phone.sign_in_as("rep")

    phone.open("/earnings")
    phone.page.get_by_role("link", name="Statements").click()
    month = phone.page.get_by_role("main").get_by_role("listitem").first
    expect(month).to_contain_text(re.compile(r"Earned €[1-9]"))
    with phone.page.expect_download() as download:
        month.get_by_role("link", name="PDF").click()

    assert pypdf.PdfReader(io.BytesIO(download.value.path().read_bytes())).pages
    expect(phone.page.get_by_role("link", name="Proof of earnings")).to_be_visible()
    if folder := os.environ.get("SHOTS"):
        phone.page.screenshot(path=f"{folder}/statements.png", full_page=True)
    assert phone.axe() == []


def test_finance_states_a_tax_rule_and_takes_the_journal(device: Devices) -> None:
    desk = device(DESK)
    desk.sign_in_as("finance", language="en")
    desk.open("/console/finance")
    expect(desk.page.get_by_role("heading", name="What is owed")).to_be_visible()

    desk.page.get_by_role("button", name="New rule").click()
    form = desk.page.get_by_role("dialog")
    form.get_by_label("Country").fill("IT")
    form.get_by_label("Free up to").fill("1000")
    form.get_by_label("Percent").fill("20")
    form.get_by_label("Note").fill("An invented rule")
    form.get_by_role("button", name="Add rule").click()

    rules = desk.page.get_by_role("region", name="Tax rules")
    expect(rules.get_by_role("row", name="IT An invented rule")).to_contain_text("In force")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_bytes().startswith(b"\xef\xbb\xbfdate,")
    if folder := os.environ.get("SHOTS"):
        desk.page.screenshot(path=f"{folder}/finance.png", full_page=True)
    assert desk.axe() == []

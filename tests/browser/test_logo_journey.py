"""The logo of the company: chosen at the desk, seen by reps in the store, and taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import Devices, is_clean, press
from tests.browser.conftest import DESK, Device
from tests.people.pictures import picture

REFUSED: Final = "status of 422"
"""What Chromium says of a picture that is not taken."""


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file as the logo."""
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
    )


@pytest.fixture
def desk(device: Devices) -> Iterator[Device]:
    """The admin's desk, at what the company looks like; afterwards it has no logo."""
    desk = device(DESK, expected=REFUSED)
    desk.sign_in_as("admin")
    desk.open("/console/brand")
    yield desk
    desk.page.evaluate(
        """async () => fetch('/api/v1/brand/logo', {method: 'DELETE',
            headers: {'X-Laurel': '1', 'Content-Type': 'application/json'}})"""
    )


def drawn(page: Page) -> int:
    """Return the width of the logo on this page as it was sent, 0 while there is none."""
    width: int = page.evaluate(
        "() => [...document.images].find((one) => one.src.includes('/logo'))?.naturalWidth ?? 0"
    )
    return width


def test_a_logo_is_chosen_at_the_desk_and_stands_over_the_store(
    desk: Device, device: Devices
) -> None:
    page = desk.page

    # What cannot be a logo is refused in words, and nothing is kept of it.
    choose(page, "logo.png", b"a text that is called a picture")
    expect(page.get_by_text("Choose a PNG, JPEG or WebP file.")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_attribute("aria-invalid", "true")
    choose(page, "tiny.png", picture((4, 4)))
    expect(page.get_by_text("each way at least.")).to_be_visible()
    assert drawn(page) == 0
    assert is_clean(desk) == []

    # A picture is, whatever it calls itself, and shown at once.
    choose(page, "from the camera.jpg", picture((640, 200), "JPEG", mode="RGB"))
    expect(page.get_by_role("button", name="Remove the logo")).to_be_visible()
    expect(page.get_by_text("each way at least.")).to_have_count(0)
    page.wait_for_function("() => [...document.images].some((one) => one.naturalWidth > 0)")
    assert drawn(page) > 0
    assert is_clean(desk) == []

    phone = device()
    phone.sign_in_as("rep")
    phone.open("/rewards")
    phone.page.wait_for_function(
        "() => [...document.images].some((one) => one.src.includes('/logo') && one.naturalWidth > 0)"
    )
    assert is_clean(phone) == []

    press(desk, "Remove the logo")
    expect(page.get_by_role("button", name="Remove the logo")).to_have_count(0)
    phone.open("/rewards")
    assert drawn(phone.page) == 0

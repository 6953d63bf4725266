"""Looking into a bank's XML: elements by their names without namespace, as banks send many editions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree as SafeTree
from defusedxml.common import DefusedXmlException

from app.kernel.money import Money, parse_money
from app.payouts.errors import Unreadable


def root_of(raw: bytes) -> Element:
    """Return the root of a document; raise Unreadable for what is no XML or may not be read."""
    try:
        root: Element = SafeTree.fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise Unreadable("This is no XML that may be read.") from None
    return root


def message(root: Element, wanted: str) -> Element | None:
    """Return the message of this name in a document."""
    return next(every(root, wanted), None)


def name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def every(parent: Element | None, wanted: str) -> Iterator[Element]:
    """Return the children of this name."""
    return (child for child in (parent if parent is not None else ()) if name(child) == wanted)


def find(parent: Element | None, path: str) -> Element | None:
    """Return the first element at a path of names."""
    for one in path.split("/"):
        parent = next(every(parent, one), None)
    return parent


def text(parent: Element | None, path: str) -> str:
    """Return the text at a path, empty when there is none."""
    found = find(parent, path)
    return (found.text or "").strip() if found is not None else ""


def money(element: Element | None) -> Money | None:
    """Return an amount with its currency; raise Unreadable when it is none."""
    if element is None or not element.text:
        return None
    try:
        return parse_money(element.text.strip(), element.get("Ccy", ""))
    except (ValueError, ArithmeticError):
        raise Unreadable(f"{element.text!r} is no amount.") from None


def day(written: str) -> date | None:
    """Return the day of a date or a moment, as the bank wrote it."""
    try:
        return date.fromisoformat(written[:10]) if written else None
    except ValueError:
        return None

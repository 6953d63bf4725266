"""Reading the total back out of a file that was just written: what the bank will add up."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from defusedxml import ElementTree as SafeTree

from app.kernel.money import Money, parse_money
from app.payouts.files.batch import Batch, File


def total_in(file: File, batch: Batch) -> Money:
    """Return the control total that stands in the file's bytes; where a format has none, the sum written."""
    if file.media_type == "application/xml":
        root: Element = SafeTree.fromstring(file.content, forbid_dtd=True)
        sums = [one.text or "" for one in root.iter() if one.tag.endswith("}CtrlSum")]
        return parse_money(sums[0], batch.total.currency)
    if file.name.endswith(".ach"):
        control = next(one for one in file.content.decode().splitlines() if one.startswith("9"))
        return Money(int(control[43:55]), batch.total.currency)
    return Money(sum(one.money.minor for one in batch.payments), batch.total.currency)

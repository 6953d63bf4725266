"""docs/import.md says what is so."""

from __future__ import annotations

import json
import re

from app.activities.formats import DATE_FORMATS, NUMBER_FORMATS
from app.activities.mapping import read_mapping
from tests.activities import maps
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "import.md").read_text("utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]


def test_every_mapping_in_the_documentation_is_one() -> None:
    assert [read_mapping(example).fields != {} for example in EXAMPLES] == [True] * 4


def test_the_three_examples_are_those_that_read_the_real_files() -> None:
    assert EXAMPLES[1:] == [maps.ORDERS, maps.OPPORTUNITIES, maps.RETAIL]


def test_every_format_is_named() -> None:
    assert [name for name in (*DATE_FORMATS, *NUMBER_FORMATS) if f"`{name}`" not in TEXT] == []

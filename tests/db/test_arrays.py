"""Lists of ids arrive as they were sent."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from app.kernel.ids import new_id

SENT = text("SELECT unnest(CAST(:ids AS uuid[]))")
ONE, TWO = new_id(), new_id()


@pytest.mark.parametrize("ids", [[], [ONE], [ONE, TWO], [ONE, None, TWO], [None, ONE]])
def test_a_list_of_ids_arrives_as_it_was_sent(engine: Engine, ids: list[UUID | None]) -> None:
    with engine.connect() as connection:
        assert list(connection.scalars(SENT, {"ids": ids})) == ids


def test_a_list_of_texts_is_still_quoted(engine: Engine) -> None:
    texts = ["a,b", '"', "\\", "{}", "", "null"]

    with engine.connect() as connection:
        sent = connection.scalars(text("SELECT unnest(CAST(:texts AS text[]))"), {"texts": texts})
        assert list(sent) == texts

"""The words of the store, each once: what somebody may have meant who mistyped.

The database writes them as entries come and change. A word that no entry has any more stays, and finds nothing.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, OfTenant


class CatalogWord(Base, OfTenant):
    """A word in the text of some entry."""

    __tablename__ = "catalog_words"
    __table_args__ = (
        Index(
            "ix_catalog_words_like",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: Mapped[str] = mapped_column(primary_key=True)

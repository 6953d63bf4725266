"""Remembering by identity: a frozen document as the key of a cache, without hashing all of it."""

from __future__ import annotations

from typing import Generic, TypeVar

Document = TypeVar("Document")


class Same(Generic[Document]):
    """A document known by who it is; keeping it here keeps its identity from being reused."""

    __slots__ = ("document",)

    def __init__(self, document: Document) -> None:
        self.document = document

    def __hash__(self) -> int:
        return id(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.document is self.document

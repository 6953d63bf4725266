"""Which provider delivers what. A new adapter is one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final

from sqlalchemy.orm import Session

from app.providers.contract import Provider
from app.providers.manual import Manual
from app.providers.vault import CodeVault

OpenWork = Callable[[], AbstractContextManager[Session]]

PROVIDERS: Final[Mapping[str, Callable[[OpenWork], Provider]]] = {
    CodeVault.name: CodeVault,
    Manual.name: Manual,
}

OF_KIND: Final[Mapping[str, str]] = {"gift_card": CodeVault.name, "experience": Manual.name}
"""Who delivers a kind of reward."""

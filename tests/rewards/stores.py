"""A store for tests: the catalog of the Plum sandbox, or a few products of it, in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.kernel.ids import new_id
from app.people.models import Person
from app.providers import accounts, wire
from app.rewards import catalog_search, catalog_sync
from app.rewards.catalog_models import CatalogEntry, CatalogSync
from app.rewards.catalog_search import Shelf, Wish
from tests.conftest import NOON, Work
from tests.people.builders import give_person, give_tenant
from tests.sandboxes import base
from tests.sandboxes import plum as vendor

LATE_MS = "4000000000000"


@dataclass
class Store:
    """A tenant with a Plum account, and the sandbox behind it."""

    work: Work
    sandbox: vendor.Plum
    url: str
    account_id: UUID = field(default_factory=new_id)
    person: Person | None = None

    @property
    def person_id(self) -> UUID:
        """Who looks around."""
        assert self.person is not None
        return self.person.id

    def sell_only(self, products: Sequence[dict[str, Any]]) -> list[str]:
        """Let the vendor list these and nothing else; return their codes."""
        self.sandbox.products = {product["productId"]: dict(product) for product in products}
        return [str(product["productId"]) for product in products]

    def sync(self, *, is_full: bool = True, now: datetime = NOON) -> CatalogSync:
        """Read the catalog; return what became of it."""
        sync_id = catalog_sync.sync(lambda: self.work(now=now), self.account_id, is_full=is_full)
        with self.work() as db:
            found = db.scalars(select(CatalogSync).where(CatalogSync.id == sync_id)).one()
            db.expunge(found)
            return found

    def entry(self, code: str) -> CatalogEntry:
        """Return how a product of the vendor is listed."""
        with self.work() as db:
            found = db.scalars(
                select(CatalogEntry).where(
                    CatalogEntry.account_id == self.account_id, CatalogEntry.code == code
                )
            ).one()
            db.expunge(found)
            return found

    def find(self, text: str = "", **wish: Any) -> Shelf:
        """Look around as the person."""
        with self.work() as db:
            shown = catalog_search.shown_to(db, self.person_id)
            return catalog_search.find(
                db, Wish(text, **wish), person_id=self.person_id, shown=shown
            )

    def names(self, text: str = "", **wish: Any) -> list[str]:
        """Return the names that are found."""
        return [found.entry.name for found in self.find(text, **wish).items]


@contextmanager
def open_store(work: Work) -> Iterator[Store]:
    """Run the vendor, and give the tenant an account with it and one person."""
    wire.connect(allows_loopback=True)
    sandbox = vendor.make_sandbox()
    sandbox.set_mode("unlimited")
    sandbox.ahead = NOON - datetime.now(NOON.tzinfo) - timedelta(seconds=1)
    with base.running(sandbox) as url:
        store = Store(work, sandbox, url)
        with work() as db:
            give_tenant(db)
            store.person = give_person(db, name="Ada")
            store.account_id = accounts.add(
                db,
                provider="plum",
                label="Plum",
                base_url=f"{url}/chef/v1/oauth",
                settings={},
                secrets={
                    "client_id": vendor.CLIENT_ID,
                    "client_secret": vendor.CLIENT_SECRET,
                    "access_token": vendor.FIRST_ACCESS,
                    "refresh_token": vendor.FIRST_REFRESH,
                    "access_expiry": LATE_MS,
                },
            ).id
            db.expunge(store.person)
        yield store

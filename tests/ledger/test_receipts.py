"""A rep, or anybody outside, checks the books with `verifier/verify.py` alone, and tampering is named."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask

from app.db import checkpoints, proofs
from app.kernel import clock
from app.kernel.chain import sign, verifier_key
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.ledger import queries, receipts, service
from app.ledger.errors import NotSealedYet
from app.ledger.schemas import ProofOut
from tests.conftest import ROOT, Work
from tests.ledger.builders import earn, give_available
from tests.people.builders import give_session
from tests.people.phone import Phone
from tests.rewards.builders import open_shop

VERIFIER = ROOT / "verifier" / "verify.py"

Proof = dict[str, Any]


def verify(*arguments: str) -> tuple[int, str]:
    """Run the verifier as a stranger does: without this project, and without what it is made of."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def seal_and_sign(work: Work) -> None:
    with work() as db:
        while service.seal(db):
            pass
    with work() as db:
        checkpoints.write(db, queries.JOURNAL)


def proof_of(work: Work, transaction_id: UUID, person_id: UUID) -> Proof:
    with work() as db:
        proved = receipts.proof_of(db, transaction_id, person_id)
    shape: Proof = ProofOut.of(proved).model_dump(mode="json")
    return shape


@pytest.fixture
def check(tmp_path: Path) -> Callable[[Proof], tuple[int, str]]:
    """Check a proof with our published key."""

    def run(proof: Proof, key: str | None = None) -> tuple[int, str]:
        file = tmp_path / "proof.json"
        file.write_text(json.dumps(proof), "utf-8")
        return verify("proof", str(file), "--key", key or checkpoints.public_name())

    return run


@pytest.fixture
def proof(work: Work) -> Proof:
    """The third of five."""
    rep = new_id()
    with work() as db:
        posted = service.post_many(db, [earn(rep, 100 + n, key=f"e{n}") for n in range(5)])
    seal_and_sign(work)
    return proof_of(work, posted[2], rep)


def test_a_proof_holds_without_us(proof: Proof, check: Callable[..., tuple[int, str]]) -> None:
    code, said = check(proof)

    assert code == 0, said
    assert "+102 minor units of EUR" in said
    assert "is number 3 of 5" in said
    assert said.endswith("HOLDS.\n")


def other(text: str) -> str:
    return ("0" if text[0] != "0" else "1") + text[1:]


TAMPERING: dict[str, tuple[Callable[[Proof], dict[str, Any]], str]] = {
    "an amount": (lambda p: {"content": p["content"].replace(",102,", ",902,")}, "not the one"),
    "the leaf": (lambda p: {"leaf": other(p["leaf"])}, "not the one"),
    "the place": (lambda p: {"index": p["index"] + 1}, "not at place"),
    "a hash of the path": (lambda p: {"path": [other(p["path"][0]), *p["path"][1:]]}, "not at place"),
    "a shorter path": (lambda p: {"path": p["path"][:-1]}, "ends before"),
    "a longer path": (lambda p: {"path": [*p["path"], p["leaf"]]}, "longer"),
    "a place that is none": (lambda _: {"index": 5}, "no place"),
    "the size": (lambda _: {"size": 6}, "another journal"),
    "what was signed": (lambda p: {"checkpoint": p["checkpoint"].replace("\n5\n", "\n6\n")}, "not signed"),
    "somebody else's account": (lambda _: {"own_accounts": [str(new_id())]}, "not part of"),
    "the form": (lambda _: {"format": "laurel.proof/2"}, "this is not"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERING)
def test_a_proof_with_something_changed_does_not_hold(
    proof: Proof, check: Callable[..., tuple[int, str]], name: str
) -> None:
    change, why = TAMPERING[name]

    code, said = check(proof | change(proof))

    assert code == 1
    assert why in said


def test_what_somebody_else_signed_does_not_hold(
    proof: Proof, check: Callable[..., tuple[int, str]]
) -> None:
    forger = Ed25519PrivateKey.generate()
    mine = checkpoints.open_signed(proof["checkpoint"])
    forged = replace(mine, size=5, root=bytes(32))

    as_us, _ = check(proof | {"checkpoint": sign(forged, "laurel", forger)})
    as_them, _ = check(proof, verifier_key("laurel", forger.public_key()))

    assert (as_us, as_them) == (1, 1)


def test_a_key_that_does_not_fit_its_id_is_refused(
    proof: Proof, check: Callable[..., tuple[int, str]]
) -> None:
    name, number, key = checkpoints.public_name().split("+", 2)

    code, said = check(proof, f"{name}+{other(number)}+{key}")

    assert (code, "does not fit its own id" in said) == (1, True)


@pytest.mark.slow
def test_proofs_hold_on_both_sides_of_a_block(
    work: Work, check: Callable[..., tuple[int, str]]
) -> None:
    rep = new_id()
    with work() as db:
        posted = service.post_many(db, [earn(rep, 1, key=f"e{n}") for n in range(2_100)])
    seal_and_sign(work)

    codes = [
        check(proof_of(work, posted[n], rep))[0] for n in (0, 1_023, 1_024, 2_047, 2_048, 2_099)
    ]

    assert codes == [0] * 6


def test_a_proof_stays_true_as_the_journal_grows(
    work: Work, check: Callable[..., tuple[int, str]]
) -> None:
    rep = new_id()
    with work() as db:
        first = service.post(db, earn(rep, 1, key="first"))
    seal_and_sign(work)
    before = proof_of(work, first, rep)
    with work() as db:
        service.post_many(db, [earn(rep, 1, key=f"more{n}") for n in range(6)])
    seal_and_sign(work)

    assert proof_of(work, first, rep) == before
    assert check(before)[0] == 0


def test_what_no_checkpoint_covers_yet_is_signed_when_somebody_asks(work: Work) -> None:
    rep = new_id()
    with work() as db:
        transaction = service.post(db, earn(rep, 1, key="new"))
        service.seal(db)

    assert proof_of(work, transaction, rep)["size"] == 1


def test_a_transaction_without_its_seal_has_no_proof_yet(work: Work) -> None:
    rep = new_id()
    with work() as db:
        transaction = service.post(db, earn(rep, 1, key="new"))

    with work() as db, pytest.raises(NotSealedYet):
        receipts.proof_of(db, transaction, rep)


def test_the_transaction_of_somebody_else_is_not_there(work: Work) -> None:
    with work() as db:
        transaction = service.post(db, earn(new_id(), 1, key="theirs"))
        service.seal(db)

    with work() as db, pytest.raises(NotFound):
        receipts.proof_of(db, transaction, new_id())


def test_a_journal_that_was_rewritten_proves_nothing(work: Work) -> None:
    with work() as db:
        service.post(db, earn(new_id(), 1, key="k"))
    seal_and_sign(work)
    with work() as db:
        note = checkpoints.note_for(db, queries.JOURNAL, 1)
    assert note is not None
    signed = replace(checkpoints.open_signed(note), root=bytes(32))

    with work() as db, pytest.raises(RuntimeError, match="is not what was signed at 1"):
        proofs.prove(db, queries.JOURNAL, 1, signed)


def test_a_rep_gets_the_proof_over_the_api(
    app: Flask, work: Work, check: Callable[..., tuple[int, str]]
) -> None:
    shop = open_shop(work)
    with work(now=clock.utc_now()) as db:
        token = give_session(db, shop.person)
        released = give_available(db, shop.person.id, 500)
    phone = Phone(app.test_client())
    phone.take(token)
    early = phone.get(f"/me/wallet/transactions/{released}/proof")
    seal_and_sign(work)

    answer = phone.get(f"/me/wallet/transactions/{released}/proof")

    assert (early.status_code, early.json["code"]) == (409, "not_sealed_yet")
    assert answer.status_code == 200
    assert check(answer.json)[0] == 0


# --- A whole journal --------------------------------------------------------------------------------

Lines = list[str]


@pytest.fixture
def journal(app: Flask, work: Work, tenant_id: UUID) -> tuple[Lines, list[str]]:
    """Thirty transactions as exported, signed after the tenth, the twentieth and the last."""
    rep = new_id()
    for part in range(3):
        with work() as db:
            service.post_many(db, [earn(rep, 1_000 + n, key=f"{part}-{n}") for n in range(10)])
        seal_and_sign(work)
    exported = app.test_cli_runner().invoke(args=["journal", "export", "--tenant", str(tenant_id)])
    assert exported.exit_code == 0
    notes = sorted(checkpoints.folder_of(tenant_id, "ledger").glob("*.txt"))
    return exported.output.splitlines(), [str(path) for path in notes]


@pytest.fixture
def walk(tmp_path: Path) -> Callable[[Lines, list[str]], tuple[int, str]]:
    def run(lines: Lines, notes: list[str]) -> tuple[int, str]:
        file = tmp_path / "journal.jsonl"
        file.write_text("\n".join(lines) + "\n", "utf-8")
        return verify("journal", str(file), *notes, "--key", checkpoints.public_name())

    return run


Walk = Callable[[Lines, list[str]], tuple[int, str]]


def test_a_whole_journal_holds_without_us(journal: tuple[Lines, list[str]], walk: Walk) -> None:
    lines, notes = journal

    code, said = walk(lines, notes)

    assert code == 0, said
    assert "30 transactions" in said
    assert "30 of them are signed" in said


def resealed(lines: Lines) -> Lines:
    """Return lines with numbers, leaves and chain worked out anew, as a forger would."""
    import hashlib

    chain, made = bytes(32), []
    for number, line in enumerate(lines, 1):
        row = json.loads(line)
        leaf = hashlib.sha256(b"\x00" + row["content"].encode()).digest()
        chain = hashlib.sha256(chain + leaf).digest()
        made.append(
            json.dumps(row | {"sequence": number, "leaf": leaf.hex(), "chain": chain.hex()})
        )
    return made


def swapped(lines: Lines) -> Lines:
    return [*lines[:13], lines[14], lines[13], *lines[15:]]


def with_a_byte_changed(lines: Lines) -> Lines:
    return [*lines[:16], lines[16].replace("1006", "9006"), *lines[17:]]


HARM: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "one byte": (with_a_byte_changed, "number 17 was changed"),
    "the last ten": (lambda lines: lines[:-10], "ends at 20, and 30 were signed"),
    "two swapped": (swapped, "number 14 is missing: 15 stands in its place"),
    "one left out": (lambda lines: [*lines[:4], *lines[5:]], "number 5 is missing"),
    "one byte, sealed anew": (
        lambda lines: resealed(with_a_byte_changed(lines)),
        "something in 11 to 20 is not what was signed",
    ),
    "two swapped, sealed anew": (
        lambda lines: resealed(swapped(lines)),
        "something in 11 to 20 is not what was signed",
    ),
}


@pytest.mark.parametrize("name", HARM)
def test_tampering_with_a_journal_is_named_with_its_place(
    journal: tuple[Lines, list[str]], walk: Walk, name: str
) -> None:
    lines, notes = journal
    harm, place = HARM[name]

    code, said = walk(harm(lines), notes)

    assert code == 1
    assert place in said


def test_the_key_that_is_printed_is_the_one_that_signs(app: Flask) -> None:
    printed = app.test_cli_runner().invoke(args=["journal", "key"]).output.strip()

    assert printed == checkpoints.public_name()


# --- The verifier's own Ed25519 ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def verifier() -> dict[str, Any]:
    import runpy

    return runpy.run_path(str(VERIFIER))


def test_signatures_of_another_implementation_are_recognised(verifier: dict[str, Any]) -> None:
    key, message = Ed25519PrivateKey.generate(), b"what was signed"
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)

    assert verifier["is_signed"](public, message, signature)
    assert not verifier["is_signed"](public, message + b".", signature)
    wrong = bytearray(signature)
    wrong[40] ^= 1
    assert not verifier["is_signed"](public, message, bytes(wrong))


def test_the_vector_of_rfc_8032_is_recognised(verifier: dict[str, Any]) -> None:
    # Section 7.1, TEST 2.
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )

    assert verifier["is_signed"](bytes.fromhex(public), b"\x72", bytes.fromhex(signature))


def test_a_second_form_of_a_signature_is_refused(verifier: dict[str, Any]) -> None:
    key = Ed25519PrivateKey.generate()
    signature = key.sign(b"x")
    scalar = int.from_bytes(signature[32:], "little") + verifier["ORDER"]
    again = signature[:32] + scalar.to_bytes(32, "little")

    assert not verifier["is_signed"](key.public_key().public_bytes_raw(), b"x", again)


def test_a_point_off_the_curve_is_refused(verifier: dict[str, Any]) -> None:
    with pytest.raises(verifier["Wrong"], match="not on the curve"):
        verifier["point_of"](b"\x02" + bytes(31))


def test_our_note_is_read_as_the_standard_says(proof: Proof) -> None:
    name, number, key = proof["signer"].split("+", 2)
    raw = base64.b64decode(key)

    assert (name, len(number), raw[0], len(raw)) == ("laurel", 8, 1, 33)

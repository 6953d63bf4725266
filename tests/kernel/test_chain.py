from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.chain import (
    GENESIS,
    Checkpoint,
    Frontier,
    inclusion_proof,
    is_included,
    leaf_hash,
    next_link,
    node_hash,
    open_note,
    read_checkpoint,
    root_of,
    sign,
)

# The reference tree of the Certificate Transparency project: eight leaves and the root of each prefix.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PROOF_OF_SECOND_OF_FIVE = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference_tree(size: int) -> None:
    assert root_of(HASHES[:size]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == hashlib.sha256(b"").digest()


def test_an_audit_path_is_that_of_the_reference_tree() -> None:
    proof = inclusion_proof(HASHES[:5], 1)

    assert [node.hex() for node in proof] == PROOF_OF_SECOND_OF_FIVE


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = HASHES[:2]

    assert leaf_hash(left + right) != node_hash(left, right)


@given(st.integers(1, 70), st.data())
def test_every_leaf_is_proved_by_its_path_and_by_no_other(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    root, index = root_of(leaves), data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(leaves, index)

    assert is_included(leaves[index], index=index, size=size, proof=proof, root=root)
    assert not is_included(leaf_hash(b"x"), index=index, size=size, proof=proof, root=root)
    assert not is_included(leaves[index], index=size, size=size, proof=proof, root=root)
    assert not is_included(leaves[index], index=index, size=size, proof=[*proof, root], root=root)
    if size > 1:
        assert not is_included(leaves[index], index=index, size=size, proof=proof[1:], root=root)


def test_there_is_no_proof_of_what_is_not_there() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(HASHES, 8)


@given(st.lists(st.binary(max_size=4), max_size=40), st.integers(0, 40))
def test_a_frontier_goes_on_where_it_was_put_down(contents: list[bytes], cut: int) -> None:
    hashes = [leaf_hash(content) for content in contents]
    frontier = Frontier()
    for leaf in hashes[:cut]:
        frontier.append(leaf)

    resumed = Frontier.unpack(frontier.size, frontier.pack())
    for leaf in hashes[cut:]:
        resumed.append(leaf)

    assert resumed.root() == root_of(hashes)


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Frontier.unpack(3, bytes(32))


def test_the_chain_depends_on_order() -> None:
    one, two = HASHES[:2]

    assert next_link(next_link(GENESIS, one), two) != next_link(next_link(GENESIS, two), one)


def test_the_note_of_the_published_example_opens() -> None:
    # From the documentation of Go's sumdb/note, which C2SP signed-note describes.
    raw = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "\N{EM DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
        "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )

    text = open_note(note, "PeterNeumann", Ed25519PublicKey.from_public_bytes(raw[1:]))

    assert text.startswith("If you think cryptography")


def test_a_signed_checkpoint_reads_back() -> None:
    checkpoint = Checkpoint("laurel/t/ledger", 8, root_of(HASHES), next_link(GENESIS, HASHES[0]))

    note = sign(checkpoint, "laurel", KEY)

    assert note.startswith("laurel/t/ledger\n8\n" + base64.b64encode(checkpoint.root).decode())
    assert read_checkpoint(note, "laurel", KEY.public_key()) == checkpoint


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n8\n", "\n9\n"), ("laurel/t", "laurel/u"), ("\n\n", "\n"), (" laurel ", " lauren ")],
)
def test_a_changed_checkpoint_is_refused(old: str, new: str) -> None:
    note = sign(Checkpoint("laurel/t/ledger", 8, root_of(HASHES), GENESIS), "laurel", KEY)

    with pytest.raises(ValueError, match="sign"):
        read_checkpoint(note.replace(old, new), "laurel", KEY.public_key())


def test_a_signed_text_that_is_no_checkpoint_is_refused() -> None:
    checkpoint = Checkpoint("laurel/t/ledger", -1, GENESIS, GENESIS)

    with pytest.raises(ValueError, match="not a checkpoint"):
        read_checkpoint(sign(checkpoint, "laurel", KEY), "laurel", KEY.public_key())


def test_an_empty_log_is_not_signed() -> None:
    with pytest.raises(ValueError, match="nothing to vouch for"):
        sign(Checkpoint("laurel/t/ledger", 0, GENESIS, GENESIS), "laurel", KEY)

"""Logs that show tampering: a hash chain for order, a Merkle tree for proofs, signed checkpoints.

The tree hashes as RFC 6962 section 2.1 does; checkpoints have the form of C2SP `tlog-checkpoint`
inside a C2SP `signed-note`, signed with Ed25519.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

GENESIS: Final = bytes(32)
"""What the first link of a chain hangs on."""

_ED25519: Final = b"\x01"
_DASH: Final = "\N{EM DASH} "


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962: the prefix 0x00 keeps leaves and nodes apart)."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962: prefix 0x01)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def next_link(chain: bytes, leaf: bytes) -> bytes:
    """Return the chain after `leaf`: it depends on every leaf so far and on their order."""
    return hashlib.sha256(chain + leaf).digest()


@dataclass(slots=True)
class Frontier:
    """The right edge of a growing tree: enough to append and to know the root, in log(n) hashes."""

    size: int = 0
    edge: list[bytes] = field(default_factory=list)

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> Frontier:
        """Return the frontier that `pack` wrote for a tree of `size` leaves."""
        edge = [packed[at : at + 32] for at in range(0, len(packed), 32)]
        if len(edge) != size.bit_count():
            raise ValueError("The frontier does not fit the size of its tree.")
        return cls(size, edge)

    def pack(self) -> bytes:
        """Return the hashes of the complete subtrees, largest first, as one byte string."""
        return b"".join(self.edge)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the end."""
        node, rest = leaf, self.size
        while rest & 1:
            node = node_hash(self.edge.pop(), node)
            rest >>= 1
        self.edge.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root; that of an empty tree is the hash of nothing."""
        if not self.edge:
            return hashlib.sha256(b"").digest()
        node = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            node = node_hash(left, node)
        return node


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over `leaves` (hashes), as RFC 6962 section 2.1 defines it."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path for leaf `index`, from its sibling upwards (RFC 6962 section 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError("No leaf has this index.")
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*inclusion_proof(left, index), root_of(right)]
    return [*inclusion_proof(right, index - split), root_of(left)]


def is_included(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows `leaf` at `index` of the tree of `size` with `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log at one moment: its name, how many leaves, their root, the last link."""

    origin: str
    size: int
    root: bytes
    link: bytes

    def text(self) -> str:
        """Return the body that is signed; the last link of the chain is an extension line."""
        root, link = (base64.b64encode(part).decode() for part in (self.root, self.link))
        return f"{self.origin}\n{self.size}\n{root}\nchain {link}\n"


def sign(checkpoint: Checkpoint, name: str, key: Ed25519PrivateKey) -> str:
    """Return `checkpoint` as a note signed by `name`; an empty log is not signed."""
    if checkpoint.size == 0:
        raise ValueError("An empty log has nothing to vouch for.")
    body = checkpoint.text()
    signature = _key_id(name, key.public_key()) + key.sign(body.encode())
    return f"{body}\n{_DASH}{name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, name: str, key: Ed25519PublicKey) -> str:
    """Return the text of a note that `name` has signed; raise ValueError for any other."""
    body, separator, lines = note.rpartition("\n\n")
    if not separator:
        raise ValueError("This is not a signed note.")
    text = body + "\n"
    wanted = _key_id(name, key)
    for line in lines.splitlines():
        signer, _, encoded = line.removeprefix(_DASH).partition(" ")
        raw = base64.b64decode(encoded, validate=True)
        if signer == name and raw[:4] == wanted:
            try:
                key.verify(raw[4:], text.encode())
            except InvalidSignature:
                raise ValueError("The signature does not fit the text.") from None
            return text
    raise ValueError(f"{name} has not signed this.")


def read_checkpoint(note: str, name: str, key: Ed25519PublicKey) -> Checkpoint:
    """Return the checkpoint in `note`; raise ValueError unless `name` has signed it."""
    origin, size, root, link, *_ = [*open_note(note, name, key).splitlines(), "", "", "", ""]
    if not size.isdecimal() or int(size) == 0 or not link.startswith("chain "):
        raise ValueError("This is not a checkpoint.")
    return Checkpoint(
        origin,
        int(size),
        base64.b64decode(root, validate=True),
        base64.b64decode(link.removeprefix("chain "), validate=True),
    )


def verifier_key(name: str, key: Ed25519PublicKey) -> str:
    """Return the name under which a signer is known to verifiers: `name+key id+key` (C2SP signed-note)."""
    encoded = base64.b64encode(_ED25519 + key.public_bytes_raw()).decode()
    return f"{name}+{_key_id(name, key).hex()}+{encoded}"


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    raw = key.public_bytes_raw()
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + raw).digest()[:4]

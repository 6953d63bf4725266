#!/usr/bin/env python3
"""Check Laurel's books without Laurel: one proof of a wallet, or a whole journal, against signed checkpoints.

    python verify.py proof PROOF.json --key KEY
    python verify.py journal JOURNAL.jsonl --key KEY CHECKPOINT.txt ...

KEY is the name of the signer as your company published it (`flask journal key` prints it):
laurel+1a2b3c4d+AQ... Take it from there and not from the file you check. Python 3.9 or later and nothing
else. Exit code 0: everything holds. 1: something does not, and the last line says where. 2: not readable.

What is checked. A transaction is the bytes that were sealed; its leaf is SHA-256(0x00 | bytes). Leaves form
the Merkle tree of RFC 6962 and, one after the other, a chain: link = SHA-256(previous link | leaf). A
checkpoint (C2SP tlog-checkpoint in a signed-note, Ed25519 of RFC 8032) names how many leaves there were,
their root and the last link. A proof leads from a leaf to that root; a journal has to arrive there itself.
"""

import argparse
import base64
import hashlib
import json
import sys

FORMAT = "laurel.proof/1"


class Wrong(Exception):
    """Something does not hold; the message says what and where."""


# --- The tree and the chain -------------------------------------------------------------------------


def leaf_hash(content):
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from(leaf, index, size, path):
    """Return the root that `path` leads to from the leaf at `index` of `size` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise Wrong(f"there is no place {index} among {size}")
    last, node = size - 1, leaf
    for sibling in path:
        if last == 0:
            raise Wrong("the path is longer than the tree is high")
        if index & 1 or index == last:
            node = node_hash(sibling, node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        index, last = index >> 1, last >> 1
    if last:
        raise Wrong("the path ends before the root")
    return node


class Tree:
    """The right edge of a growing tree: enough to append and to know the root."""

    def __init__(self):
        self.size, self.edge = 0, []

    def append(self, leaf):
        node, rest = leaf, self.size
        while rest & 1:
            node, rest = node_hash(self.edge.pop(), node), rest >> 1
        self.edge.append(node)
        self.size += 1

    def root(self):
        node = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            node = node_hash(left, node)
        return node


# --- Ed25519, as RFC 8032 describes it --------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    """Add two points in extended coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, point):
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def point_of(encoded):
    """Return the point that 32 bytes stand for; raise Wrong where there is none."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        raise Wrong("a point is not on the curve")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        raise Wrong("a point is not on the curve")
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    """Whether `signature` of 64 bytes over `message` was made with the secret of `key`."""
    if len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    right = add(point_of(signature[:32]), times(challenge, point_of(key)))
    return same(times(scalar, BASE), right)


# --- Who signs, and what ----------------------------------------------------------------------------


class Signer:
    """A verifier key of C2SP signed-note: name+key id+key."""

    def __init__(self, text):
        try:
            self.name, number, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise Wrong("the key does not look like name+id+key") from None
        wanted = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if raw[:1] != b"\x01" or len(raw) != 33 or wanted.hex() != number:
            raise Wrong("the key does not fit its own id")
        self.id, self.key = wanted, raw[1:]

    def open(self, note):
        """Return (origin, size, root, last link) of a checkpoint; raise Wrong unless we signed it."""
        body, separator, signatures = note.rpartition("\n\n")
        text = body + "\n"
        if not separator or not self._has_signed(text, signatures):
            raise Wrong(f"a checkpoint is not signed by {self.name}")
        try:
            origin, size, root, link = text.splitlines()[:4]
            return (
                origin,
                int(size),
                base64.b64decode(root),
                base64.b64decode(link[len("chain ") :]),
            )
        except ValueError:
            raise Wrong("what was signed is no checkpoint") from None

    def _has_signed(self, text, signatures):
        for line in signatures.splitlines():
            dash, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            if dash == "\u2014" and name == self.name:
                raw = base64.b64decode(encoded)
                if raw[:4] == self.id and is_signed(self.key, text.encode(), raw[4:]):
                    return True
        return False


# --- The two checks ---------------------------------------------------------------------------------


def check_proof(proof, signer):
    """Return what was proved, in lines; raise Wrong where it was not."""
    if proof["format"] != FORMAT:
        raise Wrong(f"this is not {FORMAT}")
    content = proof["content"].encode()
    leaf = leaf_hash(content)
    if leaf.hex() != proof["leaf"]:
        raise Wrong("the transaction is not the one that was sealed")
    origin, size, root, _ = signer.open(proof["checkpoint"])
    tenant, transaction, _, posted_at, _, kind, *_, legs = json.loads(content)
    if size != proof["size"] or origin.split("/")[1:] != [tenant, "ledger"]:
        raise Wrong("the checkpoint is of another journal")
    path = [bytes.fromhex(each) for each in proof["path"]]
    if root_from(leaf, proof["index"], size, path) != root:
        raise Wrong(f"the transaction is not at place {proof['index'] + 1} of what was signed")
    own = set(proof["own_accounts"])
    if not own <= {account for _, account, *_ in legs}:
        raise Wrong("an account is not part of the transaction")
    yield f"{kind} {transaction}, posted {posted_at}"
    for line, account, currency, minor, _ in legs:
        mine = "  yours" if account in own else ""
        yield f"  {line}  {minor:+d} minor units of {currency}  account {account}{mine}"
    yield f"is number {proof['index'] + 1} of {size} in {origin}, signed by {signer.name}."


def check_journal(lines, notes, signer):
    """Walk a journal from its begin; raise Wrong at the first place that is not what was signed."""
    signed, origins = {}, set()
    for note in notes:
        origin, size, root, link = signer.open(note)
        origins.add(origin)
        signed[size] = (root, link)
    if len(origins) != 1:
        raise Wrong("checkpoints of one journal are needed")
    tree, chain, sure = Tree(), bytes(32), 0
    for line in lines:
        row = json.loads(line)
        leaf = leaf_hash(row["content"].encode())
        tree.append(leaf)
        chain = hashlib.sha256(chain + leaf).digest()
        if row["sequence"] != tree.size:
            raise Wrong(f"number {tree.size} is missing: {row['sequence']} stands in its place")
        if leaf.hex() != row["leaf"]:
            raise Wrong(f"number {tree.size} was changed after it was sealed")
        if chain.hex() != row["chain"]:
            raise Wrong(f"number {tree.size} does not hang on the one before")
        if tree.size in signed:
            if signed[tree.size] != (tree.root(), chain):
                raise Wrong(f"something in {sure + 1} to {tree.size} is not what was signed")
            sure = tree.size
    if max(signed) > tree.size:
        raise Wrong(
            f"the journal ends at {tree.size}, and {max(signed)} were signed: the end is missing"
        )
    yield f"{tree.size} transactions of {origins.pop()} hang together; {sure} of them are signed by {signer.name}."


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("proof", help="one transaction of a wallet")
    one.add_argument("file")
    whole = kinds.add_parser("journal", help="a whole journal, as `flask journal export` writes it")
    whole.add_argument("file")
    whole.add_argument("checkpoints", nargs="+")
    for each in (one, whole):
        each.add_argument("--key", required=True, help="name+id+key of the signer")
    options = parser.parse_args(arguments)
    try:
        signer = Signer(options.key)
        with open(options.file, encoding="utf-8") as file:
            if options.kind == "proof":
                said = list(check_proof(json.load(file), signer))
            else:
                notes = [open(path, encoding="utf-8").read() for path in options.checkpoints]
                said = list(check_journal(file, notes, signer))
    except Wrong as problem:
        print(f"DOES NOT HOLD: {problem}.")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as problem:
        print(f"NOT READABLE: {problem!r}")
        return 2
    print("\n".join(said))
    print("HOLDS.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

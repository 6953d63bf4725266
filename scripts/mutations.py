"""`make mutations`: break the safety of money on purpose, once a time, and see a test turn red each time.

Each mutation is one change of text in a copy of the tree; the few tests that should notice run against that
copy. A mutant that no test kills, or a text that is no longer there, ends with exit code 1.

    python scripts/mutations.py [name ...]
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

KILLED, SURVIVED = 1, 0
"""Exit codes of pytest: tests failed, all passed. Any other says that nothing was shown."""

LEDGER = "app/ledger"
BOOKS = "migrations/versions/2026_11_21_0003_ledger.py"
ORDERS = "migrations/versions/2026_11_21_0008_rewards.py"
OF_BOOKS = "tests/ledger/test_service.py"
OF_ORDERS = "tests/rewards/test_saga.py"
AT_ONCE = "tests/rewards/test_concurrency.py"
OF_PROOF = "tests/ledger/test_prove.py"
NOT_TWICE = "tests/payouts/test_not_twice.py"
DESK_AT_ONCE = "tests/payouts/test_at_once.py"


@dataclass(frozen=True)
class Mutation:
    """One way to be wrong: `before` becomes `after` in `file`; `tests` (pytest arguments) must notice."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "no unique index on what reverses",
        BOOKS,
        '["tenant_id", "reverses"],\n        unique=True,',
        '["tenant_id", "reverses"],\n        unique=False,',
        (AT_ONCE, "-k", "two_reversals"),
    ),
    Mutation(
        "no unique index on the live attempt",
        ORDERS,
        '["tenant_id", "redemption_id"],\n        unique=True,\n        postgresql_where=sa.text("state IN',
        '["tenant_id", "redemption_id"],\n        unique=False,\n        postgresql_where=sa.text("state IN',
        (OF_ORDERS, "-k", "second_live_attempt"),
    ),
    Mutation(
        "no lock on balances",
        f"{LEDGER}/posting.py",
        "    ORDER BY account_id\n    FOR UPDATE\n",
        "    ORDER BY account_id\n",
        (AT_ONCE, "-k", "two_hundred_orders or exactly_ten or five_hundred"),
    ),
    Mutation(
        "no fence before an answer is written",
        "app/rewards/hearing.py",
        "if attempt.lease != errand.lease:",
        "if False:",
        (OF_ORDERS, "-k", "asleep or fencing"),
    ),
    Mutation(
        "the last cent cannot be spent (< becomes <=)",
        f"{LEDGER}/core.py",
        "if after * side < 0:",
        "if after * side <= 0:",
        (OF_BOOKS,),
    ),
    Mutation(
        "nobody looks whether a balance crosses zero",
        f"{LEDGER}/core.py",
        "if after * side < 0:",
        "if after * side < -(10**12):",
        (OF_BOOKS,),
    ),
    Mutation(
        "the database lets a balance cross zero (>= 0 becomes >= -1)",
        BOOKS,
        '"minor * side >= 0"',
        '"minor * side >= -1"',
        (OF_BOOKS, "-k", "balance_below_zero"),
    ),
    Mutation(
        "rows of the books can be changed",
        BOOKS,
        "append_only(*journals)",
        "append_only(*journals[:1])",
        (OF_BOOKS, "-k", "cannot_be_changed"),
    ),
    Mutation(
        "no wall between tenants in the books",
        BOOKS,
        "    tenant_wall(*journals)\n",
        "    tenant_wall(*journals[:2])\n",
        ("tests/rights/test_walls.py", "-k", "a_table_has_its_wall and ledger_entries"),
    ),
    Mutation(
        "a key may be used for another posting",
        f"{LEDGER}/posting.py",
        "if request_hash != asked[key].request_hash:",
        "if False:",
        (OF_BOOKS, "-k", "other_legs"),
    ),
    Mutation(
        "a batch with a used key is entered all the same (= becomes >=)",
        f"{LEDGER}/posting.py",
        "WHERE %(count)s = (SELECT",
        "WHERE %(count)s >= (SELECT",
        (OF_BOOKS, "-k", "old_and_new_keys"),
    ),
    Mutation(
        "a capture may take more than was reserved",
        f"{LEDGER}/service.py",
        "if not 0 < paid <= held.money.minor:",
        "if not 0 < paid:",
        (OF_BOOKS, "-k", "capture"),
    ),
    Mutation(
        "a capture of everything is refused (<= becomes <)",
        f"{LEDGER}/service.py",
        "if not 0 < paid <= held.money.minor:",
        "if not 0 < paid < held.money.minor:",
        (OF_BOOKS, "-k", "capture"),
    ),
    Mutation(
        "capture and void do not share a key",
        f"{LEDGER}/service.py",
        'key=f"resolution:{held.id}"',
        'key=f"resolution:{held.id}:{outcome}"',
        (OF_BOOKS, "-k", "ends_once"),
    ),
    Mutation(
        "a cut takes more than there is (min is left out)",
        f"{LEDGER}/core.py",
        "from_available = min(rest, standing.minor(spendable)) if rest else 0",
        "from_available = rest",
        (OF_BOOKS, "-k", "cut"),
    ),
    Mutation(
        "a link of the chain forgets the one before",
        "app/db/journal.py",
        "chain = next_link(chain, leaf)",
        "chain = leaf",
        (OF_PROOF, "-k", "one_word_of_a_transaction or written_once"),
    ),
    Mutation(
        "nobody compares the journal with what was signed",
        "app/db/proving.py",
        "or not _agrees(signed.get(frontier.size), chain, frontier)",
        "",
        (OF_PROOF, "-k", "sealed_anew"),
    ),
    Mutation(
        "one lookup that finds nothing is believed",
        "app/rewards/core.py",
        "SURE_AFTER_LOOKUPS: Final = 2",
        "SURE_AFTER_LOOKUPS: Final = 1",
        (OF_ORDERS, "-k", "not_found"),
    ),
    Mutation(
        "a slow provider may keep every worker",
        "app/providers/seats.py",
        "if self._taken[account_id] < self._each:",
        "if True:",
        ("tests/rewards/test_seats.py", "-k", "finds_every_seat or finds_no_seat"),
    ),
    Mutation(
        "nobody notices that a bank has a file which was given up",
        "app/payouts/hearing.py",
        "queues.note(db, _unsent(db, strange))",
        "_unsent(db, strange)",
        (NOT_TWICE, "-k", "noticed_before"),
    ),
    Mutation(
        "people decide on a payment that stands in a file",
        "app/payouts/collecting.py",
        "    if line.state == Line.WAITING:\n        raise NotNow(",
        "    if False:\n        raise NotNow(",
        (NOT_TWICE, "-k", "nobody_can_call"),
    ),
    Mutation(
        "an answer locks payments before their batch",
        "app/payouts/hearing.py",
        "    _hold(db, answer, batch_id)\n",
        "",
        (DESK_AT_ONCE, "-k", "holds_no_payment"),
    ),
    Mutation(
        "two say at once how a debt is settled",
        "app/payouts/debts.py",
        "    ledger.hold(db, [debt])\n",
        "",
        (DESK_AT_ONCE, "-k", "say_at_once"),
    ),
    Mutation(
        "credentials that are replaced alone are kept untried",
        "app/rewards/account_routes.py",
        "    if new.must_be_tried:\n        _require_entry(new.account)\n",
        "",
        ("tests/rewards/test_account_changes.py", "-k", "replaced_alone"),
    ),
)


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what git knows or would know into `folder`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    copy = folder / "tree"
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return copy


def run(copy: Path, tests: tuple[str, ...]) -> int:
    """Run tests of the copy on the code of the copy and return pytest's exit code."""
    # Without bytecode: a changed file of the same size and second would be taken for the old one.
    env = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    with (copy / "mutation.log").open("w") as log:
        return subprocess.run(
            argv, cwd=copy, env=env, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode


def together(mutations: Sequence[Mutation]) -> tuple[str, ...]:
    """Return the arguments of pytest that run the tests of all `mutations` at once."""
    files = dict.fromkeys(one.tests[0] for one in mutations)
    chosen = dict.fromkeys(
        f"({one.tests[2]})" if len(one.tests) > 1 else Path(one.tests[0]).stem for one in mutations
    )
    return (*files, "-k", " or ".join(chosen))


def judge(copy: Path, mutation: Mutation) -> str:
    """Return what became of a mutant: killed, survived, or why that cannot be said."""
    path = copy / mutation.file
    genuine = path.read_text("utf-8")
    if genuine.count(mutation.before) != 1:
        return f"the text is there {genuine.count(mutation.before)} times"
    path.write_text(genuine.replace(mutation.before, mutation.after), "utf-8")
    try:
        code = run(copy, mutation.tests)
    finally:
        path.write_text(genuine, "utf-8")
    return {KILLED: "killed", SURVIVED: "SURVIVED"}.get(code, f"pytest ended with {code}")


def main() -> int:
    """Try the mutations named on the command line, or all of them."""
    wanted = [one for one in MUTATIONS if not sys.argv[1:] or one.name in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        # PostgreSQL, which is not root, must be let through.
        Path(folder).chmod(0o755)
        copy = copy_of_the_tree(Path(folder))
        print("without a mutation", flush=True)
        if run(copy, together(wanted)) != SURVIVED:
            print((copy / "mutation.log").read_text("utf-8")[-3_000:])
            return 1
        verdicts = {}
        for one in wanted:
            began = time.monotonic()
            verdicts[one] = judge(copy, one)
            print(f"  {verdicts[one]:10} {time.monotonic() - began:4.0f} s  {one.name}", flush=True)
    killed = sum(verdict == "killed" for verdict in verdicts.values())
    print(f"{killed} of {len(wanted)} mutants killed")
    return 0 if killed == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())

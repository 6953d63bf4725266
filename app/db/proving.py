"""What checks of invariants are made of: one statement that counts, one that finds what is wrong."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import checkpoints
from app.db.journal import Journal
from app.db.unit_of_work import tenant_of
from app.kernel.chain import GENESIS, Checkpoint, Frontier, leaf_hash, next_link
from app.kernel.prove import NOTHING, Finding

CHUNK = 5_000


Check = Callable[[Session], Finding]


def no_rows(*, counted: str, wrong: str, why: str) -> Check:
    """Return the check that `wrong` yields no row, of the many that `counted` yields.

    Both are SELECT statements of ours; `:tenant` is the tenant, and the first column of `wrong` names
    what is wrong.
    """

    def check(db: Session) -> Finding:
        tenant = {"tenant": tenant_of(db)}
        checked = db.scalar(text(f"SELECT count(*) FROM ({counted}) AS counted"), tenant)  # noqa: S608
        rows = db.execute(
            text(f"SELECT count(*) OVER (), w.* FROM ({wrong}) AS w LIMIT 5"),  # noqa: S608
            tenant,
        ).all()
        sample = tuple(f"{why}: {row[1]}" for row in rows)
        return Finding(checked or 0, rows[0][0] if rows else 0, sample)

    return check


def every(*checks: Check) -> Check:
    """Return the check that all `checks` hold."""
    return lambda db: sum((check(db) for check in checks), NOTHING)


def keeps_its_rows(*tables: str) -> Check:
    """Return the check that rows of these tables can be changed by nobody: rights and triggers."""
    names = ", ".join(f"('{table}')" for table in tables)
    return no_rows(
        counted=f"SELECT * FROM (VALUES {names}) AS t (name)",  # noqa: S608
        wrong=f"""
            SELECT t.name FROM (VALUES {names}) AS t (name)
            WHERE has_table_privilege(t.name, 'UPDATE') OR has_table_privilege(t.name, 'DELETE')
               OR has_table_privilege(t.name, 'TRUNCATE')
               OR 2 <> (SELECT count(*) FROM pg_trigger
                        WHERE tgrelid = t.name::regclass AND tgenabled IN ('O', 'A')
                          AND tgname IN (t.name || '_append_only', t.name || '_no_truncate'))
            """,  # noqa: S608
        why="can be changed",
    )


def is_sealed_truly(journal: Journal) -> Check:
    """Return the check that the journal is what was sealed: leaves, chain, head, checkpoints."""
    return lambda db: _walk(db, journal)


def _walk(db: Session, journal: Journal) -> Finding:
    tenant, seals = tenant_of(db), journal.seals.__tablename__
    signed = _signed(db, journal)
    if isinstance(signed, str):
        return Finding(1, 1, (f"{journal.name} checkpoint: {signed}",))
    chain, frontier, wrong = GENESIS, Frontier(), []
    rows = db.execute(
        text(
            f"SELECT sequence, item_id, leaf, chain FROM {seals}"  # noqa: S608 - a name of ours
            " WHERE tenant_id = :tenant ORDER BY sequence"
        ).execution_options(yield_per=CHUNK),
        {"tenant": tenant},
    )
    for part in rows.partitions(CHUNK):
        contents = journal.contents(db, [row.item_id for row in part])
        for row in part:
            content = contents.get(row.item_id)
            chain = next_link(chain, row.leaf)
            frontier.append(row.leaf)
            if (
                row.sequence != frontier.size
                or content is None
                or leaf_hash(content) != row.leaf
                or chain != row.chain
                or not _agrees(signed.get(frontier.size), chain, frontier)
            ):
                wrong.append(f"{journal.name} {row.sequence}")
    wrong += [
        f"{journal.name} ends before checkpoint {size}" for size in signed if size > frontier.size
    ]
    head = db.execute(
        text(
            f"SELECT size, chain, frontier FROM {journal.heads.__tablename__}"  # noqa: S608
            " WHERE tenant_id = :tenant"
        ),
        {"tenant": tenant},
    ).one_or_none()
    expected = (frontier.size, chain, frontier.pack())
    if (tuple(head) if head else (0, GENESIS, b"")) != expected:
        wrong.append(f"{journal.name} head")
    return Finding(frontier.size + len(signed), len(wrong), tuple(wrong[:5]))


def _signed(db: Session, journal: Journal) -> dict[int, Checkpoint] | str:
    try:
        return {checkpoint.size: checkpoint for checkpoint in checkpoints.read(db, journal)}
    except ValueError as error:
        return str(error)


def _agrees(checkpoint: Checkpoint | None, chain: bytes, frontier: Frontier) -> bool:
    return checkpoint is None or (checkpoint.link, checkpoint.root) == (chain, frontier.root())

"""What checks of invariants are made of: one statement that counts, one that finds what is wrong."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import checkpoints
from app.db.journal import Journal
from app.db.unit_of_work import tenant_of
from app.kernel.chain import GENESIS, Checkpoint, Frontier, leaf_hash, next_link
from app.kernel.prove import Finding

CHUNK = 5_000


def check(db: Session, *, counted: str, wrong: str, why: str) -> Finding:
    """Return how many rows `counted` yields and how many `wrong` does; its first column names them.

    Both are SELECT statements of ours; `:tenant` is the tenant.
    """
    tenant = {"tenant": tenant_of(db)}
    checked = db.scalar(text(f"SELECT count(*) FROM ({counted}) AS counted"), tenant)  # noqa: S608
    rows = db.execute(
        text(f"SELECT count(*) OVER (), w.* FROM ({wrong}) AS w LIMIT 5"),  # noqa: S608
        tenant,
    ).all()
    return Finding(
        checked or 0, rows[0][0] if rows else 0, tuple(f"{why}: {row[1]}" for row in rows)
    )


def keeps_its_rows(db: Session, *tables: str) -> Finding:
    """Return whether rows of these tables can be changed by nobody: rights and triggers."""
    names = ", ".join(f"('{table}')" for table in tables)
    return check(
        db,
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


def is_sealed_truly(db: Session, journal: Journal) -> Finding:
    """Return whether the journal is what was sealed: every leaf, the chain, the head, the checkpoints."""
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

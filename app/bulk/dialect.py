"""SQL text that DuckDB and Spark both run, compiled from SQLAlchemy.

A few rules of our own rather than a dialect for DuckDB: the ones there are speak for one engine, and a
translator between dialects would have to be trusted with both. Only what `definition` uses is spoken.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Select, types
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import GenericTypeCompiler, IdentifierPreparer, SQLCompiler

_ESCAPED: Final = ("'", "\\", "$")
"""Spark reads a backslash as the start of an escape and ${...} as a variable; a quote begins a new text."""


def quoted(text: str) -> str:
    """Return `text` as a literal that both engines read letter by letter."""
    if "\0" in text:
        raise ValueError("A text cannot contain the character zero.")
    pieces, plain = [], ""
    for letter in text:
        if letter in _ESCAPED:
            pieces += [f"'{plain}'", f"chr({ord(letter)})"]
            plain = ""
        else:
            plain += letter
    pieces.append(f"'{plain}'")
    kept = [piece for piece in pieces if piece != "''"] or ["''"]
    return kept[0] if len(kept) == 1 else f"({' || '.join(kept)})"


class _Text(types.Text):
    def literal_processor(self, dialect: Any) -> Any:
        return quoted


class _Day(types.Date):
    def literal_processor(self, dialect: Any) -> Any:
        def process(value: date) -> str:
            return f"DATE '{value.isoformat()}'"

        return process


class _Whole(types.BigInteger):
    def literal_processor(self, dialect: Any) -> Any:
        return str


class _Types(GenericTypeCompiler):
    def visit_text(self, type_: Any, **kw: Any) -> str:
        return "STRING"

    visit_string = visit_uuid = visit_text


class _Compiler(SQLCompiler):
    def visit_strpos_func(self, fn: Any, **kw: Any) -> str:
        text, part = (self.process(each, **kw) for each in fn.clauses)
        return f"instr({text}, {part})"

    def visit_starts_with_func(self, fn: Any, **kw: Any) -> str:
        text, part = (self.process(each, **kw) for each in fn.clauses)
        return f"(substr({text}, 1, length({part})) = {part})"

    def visit_true(self, expr: Any, **kw: Any) -> str:
        return "true"

    def visit_false(self, expr: Any, **kw: Any) -> str:
        return "false"


class _Names(IdentifierPreparer):
    def _requires_quotes(self, value: str) -> bool:
        """Our names are plain; the engines quote each in their own way."""
        return False


class Portable(DefaultDialect):
    """The common ground of DuckDB and Spark SQL."""

    name = "portable"
    supports_statement_cache = True
    supports_native_boolean = True
    statement_compiler = _Compiler
    type_compiler_cls = _Types
    preparer = _Names
    colspecs = {  # noqa: RUF012 - the name SQLAlchemy gives it
        types.String: _Text,
        types.Uuid: _Text,
        types.Date: _Day,
        types.Integer: _Whole,
    }


_PORTABLE: Final = Portable()


def text_of(statement: Select[Any] | ClauseElement) -> str:
    """Return `statement` as text with every value written out."""
    compiled = statement.compile(dialect=_PORTABLE, compile_kwargs={"literal_binds": True})
    return str(compiled)

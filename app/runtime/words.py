"""What a server last said in its log."""

from pathlib import Path


def reason_in(said: str) -> str:
    """Return the first fatal line a server wrote, or its last line."""
    lines = [line for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    line = (fatal or lines or ["it gave no reason"])[0 if fatal else -1]
    return line.partition("FATAL:")[2].strip() or line.strip()


def last_words(log: Path) -> str:
    """Return the reason that a log ends with."""
    return reason_in(log.read_text(errors="replace")[-4000:]).rstrip(".")

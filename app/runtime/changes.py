"""Notices that the source was edited, for `make dev`."""

from pathlib import Path


class Changes:
    """Compares the Python files below a folder with how they last were."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._times()

    def found(self) -> bool:
        """Return whether a file was changed, added or removed since the last call."""
        now = self._times()
        changed, self._seen = now != self._seen, now
        return changed

    def _times(self) -> dict[Path, float]:
        return {file: file.stat().st_mtime for file in self._folder.rglob("*.py")}

"""Files that belong to a service: texts of mails, pages."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def read_text(name: str) -> str:
    """The text of a file of this platform, by its path below `reference/`."""
    return (_ROOT / name).read_text(encoding="utf-8")

"""What is shown while a run lasts."""

from __future__ import annotations

import io
from pathlib import Path

from assay.command.running.following import Following
from assay.command.running.progress import Progress


def test_what_every_platform_says_is_shown_once(tmp_path: Path) -> None:
    out = io.StringIO()
    progress = Progress(Following(tmp_path, [], 2, {}), tmp_path, out)
    for name in ("shared", "private-1"):
        folder = tmp_path / "platforms" / name
        folder.mkdir(parents=True)
        (folder / "launcher.log").write_text(f"no room here\nonly {name}\n")
        progress.show()
    assert out.getvalue().splitlines() == [
        "  platform: no room here",
        "  platform: only shared",
        "  platform: only private-1",
    ]

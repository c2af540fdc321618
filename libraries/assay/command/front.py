"""Behind the `assay` script, still in the Python that the user has: understand, set up, become the command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assay.command import environment, options


def enter(root: str, arguments: list[str]) -> int:
    """Becomes the command in its environment; returns an exit status only when that is not to be."""
    try:
        asked = options.understand(arguments, Path(root))
        made = environment.ensure(asked.environment, Path(root))
    except (options.UsageError, environment.SetupError) as error:
        print(f"assay: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nassay: stopped before anything began", file=sys.stderr)
        return 2
    os.environ["ASSAY_ENVIRONMENTS"] = str(made.folder.parent)
    sys.stdout.flush()
    # -P keeps the folder that the user stands in off the import path: a file named robot.py there would hide Robot.
    os.execv(made.python, [str(made.python), "-P", "-m", "assay.command", *arguments])

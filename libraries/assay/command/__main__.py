"""What the `assay` script becomes: `python -m assay.command COMMAND ...`."""

from __future__ import annotations

import importlib
import sys

from assay.command import options
from assay.core import places
from assay.core.errors import AssayError


def main(arguments: list[str]) -> int:
    """Does what the command line asks and returns the exit status."""
    try:
        asked = options.understand(arguments, places.root())
        command = importlib.import_module(f"assay.command.{asked.command}")
        return int(command.main(asked.rest if asked.command in options.ELSEWHERE else asked))
    except (options.UsageError, AssayError) as error:
        print(f"assay: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nassay: stopped", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

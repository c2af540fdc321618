"""`python -m assay.supervisor STATE`: keeps the platforms of the run whose state folder is given, until its root ends."""

from __future__ import annotations

import sys
from pathlib import Path

from assay.supervisor.keeping import Supervisor

if __name__ == "__main__":
    Supervisor(Path(sys.argv[1])).run()

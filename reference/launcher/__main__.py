"""Runs the launcher in the environment that has been made for it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reference.launcher.commands import main

sys.exit(main(sys.argv[1:]))

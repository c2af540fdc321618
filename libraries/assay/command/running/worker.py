"""One worker: a robot that stands in the repository's root, wherever pabot stands."""

from __future__ import annotations

import os
import sys

from robot.run import run_cli

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    run_cli(sys.argv[2:])

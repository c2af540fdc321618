"""`python -m assay.supervisor STATE SOCKET LOCK`: keeps the platforms of the run whose state folder is given.

SOCKET and LOCK are file descriptors that `assay.core.run` hands over: where requests arrive, and what says that a supervisor
is there.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from assay.supervisor.keeping import Supervisor

if __name__ == "__main__":
    for number in map(int, sys.argv[2:4]):
        os.set_inheritable(number, False)
    Supervisor(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))).run()

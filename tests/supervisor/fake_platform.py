#!/usr/bin/env python3
"""A platform for the supervisor's tests: speaks the launcher protocol and misbehaves as FAKE_PLATFORM says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(sys.argv[sys.argv.index("--folder") + 1])
HOW = os.environ.get("FAKE_PLATFORM", "")


def main() -> None:
    asked = json.loads((FOLDER / "request.json").read_text("utf-8"))
    how = asked["settings"].get("how", HOW)
    if how == "dies":
        print("the database is on fire", file=sys.stderr)
        sys.exit(3)
    if how == "hangs":
        time.sleep(1000)
    if how == "says":
        print("making something once", file=sys.stderr, flush=True)
    if how == "stubborn":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
    service = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    (FOLDER / "services").mkdir(exist_ok=True)
    (FOLDER / "services" / "auth.log").write_text("auth was here\n", "utf-8")
    (FOLDER / "defect-hits.json").write_text(json.dumps(dict.fromkeys(asked["defects"], 3)), "utf-8")
    ready = {"services": {"auth": {"url": "http://127.0.0.1:9"}}, "asked": asked,
             "processes": {"auth": [service.pid], "launcher": [os.getpid()]}}
    draft = FOLDER / "ready.draft"
    draft.write_text("garbage" if how == "garbage" else json.dumps(ready), "utf-8")
    draft.rename(FOLDER / "ready.json")
    for line in sys.stdin:
        request = json.loads(line)
        if how == "mute":
            continue
        if how == "talks":
            print("a line that is no answer", flush=True)
        if request["service"] != "auth":
            print(json.dumps({"id": request["id"], "error": f"there is no service {request['service']}"}), flush=True)
        else:
            print(json.dumps({"id": request["id"], "ok": True}), flush=True)
    if how == "stubborn":
        time.sleep(1000)
    service.kill()


main()

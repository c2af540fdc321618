"""A platform of nothing but a launcher and one process, well behaved or in one of many ways not.

launcher.py WAY up --folder DIR
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SLEEPER = "import time; time.sleep(300)"


def main() -> int:
    way, folder = sys.argv[1], Path(sys.argv[-1])
    request = json.loads((folder / "request.json").read_text())
    with Path(os.environ["LAUNCHES"]).open("a") as launches:
        launches.write(json.dumps({"folder": str(folder), **request}) + "\n")
    if way == "dies":
        print("no room for a platform here", file=sys.stderr)
        return 3
    if way == "crashes":
        raise RuntimeError("a bug in the launcher")
    if way == "talks":
        print("making its environment", file=sys.stderr, flush=True)
        time.sleep(0.6)
    if way in ("deaf", "hangs-deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    mark = os.environ["MARK"]
    # A service in a session of its own that was started with an empty environment, as a daemon may be.
    service = subprocess.Popen(
        [sys.executable, "-c", SLEEPER, mark], start_new_session=True, env={} if way == "hides" else None
    )
    if way.startswith("hangs"):
        time.sleep(300)
    services = folder / "services"
    services.mkdir()
    (services / "auth.log").write_text(
        'started\n{"password": "hunter2-hunter2"}\nAuthorization: Bearer hunter2-hunter2\n'
    )
    ready = {
        "services": {"auth": {"url": "http://127.0.0.1:9"}},
        "accounts": {"admin": {"email": "admin@assay.test", "password": "a-password-of-the-double"}},
        "processes": {"auth": [service.pid], "launcher": [os.getpid()]},
        "settings": request["settings"],
    }
    text = {"garbage": "{not json", "empty": "{}", "homeless": '{"services": {"auth": {}}}'}.get(
        way, json.dumps(ready)
    )
    (folder / "ready.draft").write_text(text)
    (folder / "ready.draft").rename(folder / "ready.json")
    (folder / "defect-hits.json").write_text(json.dumps(dict.fromkeys(request["defects"], 3)))
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["action"] == "stop" and way == "refuses":
            print(json.dumps({"id": asked["id"], "error": "it does not stop"}), flush=True)
            continue
        if way == "clock" and asked.get("ahead") != 90.5:
            error = f"it was asked for {asked.get('ahead')}"
            print(json.dumps({"id": asked["id"], "error": error}), flush=True)
            continue
        print("a word that is not an answer", flush=True)
        print(json.dumps({"id": asked["id"], "ok": True}), flush=True)
    if way == "deaf":
        time.sleep(300)
    if way != "careless":
        service.kill()
        service.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

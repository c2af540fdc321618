"""What the launcher can be asked on its command line."""

import argparse
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from reference.launcher import keeper
from reference.launcher.errors import BadRequest, LaunchError, Stopped
from reference.launcher.waiting import Patience

_SAVE_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """Runs a command; the exit status."""
    parser = argparse.ArgumentParser(prog="platform", description="The reference platform.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser(
        "up", help="start a platform and stay; it ends with this process or its standard input"
    )
    up.add_argument(
        "--folder", type=Path, required=True, help="where request.json is, and where ready.json will be"
    )
    listing = commands.add_parser("defects", help="the defects that can be switched on, as JSON")
    listing.add_argument(
        "--from", dest="files", action="append", default=[], help="a file with further defects"
    )
    commands.add_parser("settings", help="the settings that a platform can be given, as JSON")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "up":
            folder = chosen.folder.absolute()
            return keeper.keep(lambda: Session(folder).run(), lambda: sweep(folder))
        print(json.dumps(listed(chosen.command, getattr(chosen, "files", [])), indent=1))
    except LaunchError as error:
        return complain(error)
    return 0


def sweep(folder: Path) -> None:
    """Removes what a platform left that was killed."""
    from reference.launcher import platform

    platform.sweep(folder)


def listed(command: str, files: list[str]) -> Any:
    """The defects or the settings as data."""
    if command == "settings":
        from reference.launcher import request

        return request.known_settings()
    from reference import defects

    told = ("name", "service", "breaks", "says", "partial", "blind", "digest")
    try:
        return [{name: getattr(one, name) for name in told} for one in defects.load(files).values()]
    except defects.DefectError as error:
        raise BadRequest(str(error)) from None


def complain(error: LaunchError) -> int:
    """Says on one line what is wrong; the exit status that goes with it."""
    print(" ".join(str(error).split()), file=sys.stderr, flush=True)
    return error.status


class Session:
    """One platform from its request to its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stop = False
        self._buffer = b""

    def run(self) -> int:
        """Starts the platform, answers requests, stops it; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        from reference.launcher import request
        from reference.launcher.platform import Platform

        try:
            asked = request.read(self._folder)
            platform = Platform(self._folder, asked)
        except LaunchError as error:
            return complain(error)
        except OSError as error:
            return complain(LaunchError(f"the platform's folder cannot be used: {error}"))
        try:
            platform.start(Patience(lambda: self._stop, 0))
            self._serve(platform, reading)
        except Stopped:
            return 0
        except LaunchError as error:
            return complain(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told in one line and leaves nothing running
            return complain(
                LaunchError(f"the platform could not be kept up: {type(error).__name__}: {error}")
            )
        finally:
            platform.stop()
        return 0

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True

    def _serve(self, platform: Any, wakeup: int) -> None:
        """Answers control requests until standard input ends or a signal says so."""
        saved = time.monotonic()
        while not self._stop:
            readable, _, _ = select.select([0, wakeup], [], [], _SAVE_SECONDS)
            if time.monotonic() - saved >= _SAVE_SECONDS:
                platform.hits.save()
                saved = time.monotonic()
            if 0 in readable:
                received = os.read(0, 65536)
                if not received:
                    return
                self._buffer += received
                *lines, self._buffer = self._buffer.split(b"\n")
                for line in lines:
                    if line.strip():
                        answer(platform, line)
            elif wakeup in readable:
                os.read(wakeup, 4096)


def answer(platform: Any, line: bytes) -> None:
    """Does what a line of JSON asks and answers with another."""
    number = None
    try:
        asked = json.loads(line)
        number = asked.get("id")
        if asked.get("action") == "set-clock":
            platform.set_clock(str(asked.get("service")), asked.get("ahead"))
        elif asked.get("action") == "set-master-key":
            platform.set_master_key(str(asked.get("service")), asked.get("which", "another"))
        else:
            platform.control(str(asked.get("service")), str(asked.get("action")), asked.get("links"))
        told: dict[str, Any] = {"id": number, "ok": True}
    except (ValueError, AttributeError):
        told = {"id": number, "error": "a request is one JSON object on one line"}
    except LaunchError as error:
        told = {"id": number, "error": " ".join(str(error).split())}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()

"""The keywords that spoil a file system for everybody, and put it back."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from robot.api import logger
from robot.api.deco import keyword

from assay.core.lifetime import FAULTS, undo_everything
from assay.evidence.expect import expect
from assay.sharedfs import disks

DISTURBING = ("disturbing",)


class DiskKeywords:
    """Full, read-only, without rights, torn, replaced: each is undone with the test or suite that did it, at the latest."""

    def __init__(self) -> None:
        self._broken: defaultdict[tuple[str, str], list[int]] = defaultdict(list)

    @keyword(tags=DISTURBING)
    def mount_a_small_disk(self, folder: Path, size: str = "4m", keep: bool = True) -> None:
        """Mounts a file system in memory (tmpfs) over a folder, so that it can be filled. Wants the means `mount`.

        | =Argument= | =Meaning= |
        | `size`     | such as 512k or 4m |
        | `keep`     | whether it begins with a copy of what the folder holds; without it the folder looks as if its mount was lost |

        What is written meanwhile goes with it. Start the service after it: what is open before stays on the disk below.
        Example: | `Mount A Small Disk` | ${folder} | 2m |
        """
        self._note("disk", folder, disks.mount_small(folder, size, keep))

    @keyword
    def take_the_small_disk_away(self, folder: Path) -> None:
        """Shows again what lies below. Does nothing where no small disk is mounted, so it fits every teardown."""
        self._undo("disk", folder)

    @keyword(tags=DISTURBING)
    def fill_the_disk(self, folder: Path, leaving: int = 0) -> None:
        """Fills the file system of a folder until only so many octets are left on it (ENOSPC; FS-10, RES-10).

        An AssayError tells where it has more than a gibibyte left: mount a small disk there first. Where mounting is not
        allowed, `Let Calls Fail` with ENOSPC looks the same to the processes that are named.
        Example: | `Fill The Disk` | ${folder} | leaving=8192 |
        """
        self._note("full", folder, disks.fill(folder, leaving))
        about = os.statvfs(folder)
        logger.info(f"{about.f_bavail * about.f_frsize} octets are left on the file system of {folder}.")

    @keyword
    def make_room_on_the_disk(self, folder: Path) -> None:
        """Takes away what filled the disk. Does nothing where it was not filled, so it fits every teardown."""
        self._undo("full", folder)

    @keyword(tags=DISTURBING)
    def make_read_only(self, folder: Path) -> None:
        """Has whoever opens something below a folder find a read-only file system (EROFS). Wants the means `mount`.

        Files that are open for writing before stay so, and a process whose mounts are its own does not see it.
        Example: | `Make Read Only` | ${folder} |
        """
        self._note("read-only", folder, disks.make_read_only(folder))

    @keyword
    def make_writable_again(self, folder: Path) -> None:
        """Ends `Make Read Only`. Does nothing where it was not, so it fits every teardown."""
        self._undo("read-only", folder)

    @keyword(tags=DISTURBING)
    def take_permissions_away(self, path: Path, /, *pids: int, mode: str = "000") -> None:
        """Gives a file or folder other permissions (EACCES): none, or the octal `mode`.

        `pids` are the processes that are to feel it: an AssayError tells where one of them is not bound by permissions, as root
        is not. Example: | `Take Permissions Away` | ${folder} | ${pid} | mode=555 |
        """
        self._note("permissions", path, disks.take_permissions(path, int(mode, 8), pids))

    @keyword
    def give_permissions_back(self, path: Path) -> None:
        """Gives a file or folder the permissions that it had. Does nothing where they were not taken."""
        self._undo("permissions", path)

    @keyword
    def torn_lengths_of(self, path: Path) -> list[int]:
        """The lengths that a torn write can leave of a file: each boundary of 512 octets from 0 to below its length.

        Source: Jepsen's truncate-file nemesis; xfstests generic/042. Example: | ${lengths} = | `Torn Lengths Of` | ${path} |
        """
        return disks.torn_lengths(path)

    @keyword(tags=DISTURBING)
    def tear_the_file(self, path: Path, length: int) -> None:
        """Cuts a file to a length, as a write that was torn by a power cut leaves it (FS-08). `Restore The File` ends it.

        Example: | `Tear The File` | ${path} | 512 |
        """
        self._note("torn", path, disks.tear(path, length))

    @keyword
    def restore_the_file(self, path: Path) -> None:
        """Puts back the octets of a torn file. A file that took its place meanwhile is a newer version, and stays."""
        self._undo("torn", path)

    @keyword(tags=DISTURBING)
    def replace_the_file(self, path: Path, octets: bytes | None = None) -> None:
        """Puts another file in the place of one, with the same contents or these: whoever has it open has a stale one (FS-09).

        Example: | `Replace The File` | ${path} |
        """
        disks.replace_file(path, octets)

    @keyword(tags=DISTURBING)
    def rename_the_folder_away(self, path: Path) -> None:
        """Takes a folder, or a file, away under another name beside it, as a mount that is lost looks (FS-09).

        What takes its name meanwhile is kept beside it when `Bring The Folder Back` ends it.
        Example: | `Rename The Folder Away` | ${folder} |
        """
        self._note("away", path, disks.rename_away(path))

    @keyword
    def bring_the_folder_back(self, path: Path) -> None:
        """Gives a folder its name back. Does nothing where it was not taken, so it fits every teardown."""
        self._undo("away", path)

    @keyword
    def size_of_the_largest_file_below(self, folder: Path) -> int:
        """The bytes of the largest file below a folder; fails where there is none.

        Example: | ${bytes} = | `Size Of The Largest File Below` | ${store} |
        """
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        expect(sizes, "files", "none", str(folder))
        return max(sizes)

    @keyword
    def keep_a_copy_of_the_folder(self, folder: Path) -> Path:
        """Copies everything below a folder, with its owners, rights and times, for `Set The Folder Back`. Returns the copy.

        The copy is for its owner only and is removed as the test or suite ends. What is written meanwhile may be in it by
        half: stop the service first, or wait until the folder is still.
        Example: | ${copy} = | `Keep A Copy Of The Folder` | ${folder} |
        """
        copy, undoing = disks.keep_copy(folder)
        self._note("copy", folder, undoing)
        return copy

    @keyword(tags=DISTURBING)
    def set_the_folder_back(self, folder: Path, copy: Path) -> None:
        """Makes what is below a folder exactly what it was at `Keep A Copy Of The Folder`, as a restored backup or somebody
        who rolls a whole disk back does (CWE-294). The folder itself stays the same one. `Put Everything Back` ends it.

        Example: | `Set The Folder Back` | ${folder} | ${copy} |
        """
        self._note_all(folder, disks.set_back(folder, copy))

    @keyword(tags=DISTURBING)
    def empty_the_folder(self, folder: Path) -> None:
        """Takes away everything below a folder. `Put Everything Back` ends it.

        Example: | `Empty The Folder` | ${folder} |
        """
        self._note_all(folder, disks.set_back(folder, None))

    @keyword
    def put_everything_back(self) -> None:
        """Undoes every fault of this library and of FaultLibrary that is left, the last first. Fits every teardown.

        Without it they are undone as the test or suite that made them ends, and by a guard where this process is killed.
        """
        self._broken.clear()
        undo_everything()

    def _note_all(self, folder: Path, undoings: list[int]) -> None:
        for undoing in undoings:
            self._note("set back", folder, undoing)

    def _note(self, kind: str, path: Path, undoing: int) -> None:
        self._broken[kind, str(path)].append(undoing)

    def _undo(self, kind: str, path: Path) -> None:
        for undoing in reversed(self._broken.pop((kind, str(path)), [])):
            FAULTS.undo(undoing)

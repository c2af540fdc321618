"""A small store of the tests' own: it writes what a connection says and answers. How carefully, is said by its mode.

`python writer.py FOLDER MODE`; it prints its port. Each connection has a thread of its own, and a few threads idle.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable


def put(folder: str, name: str, octets: bytes, sync: bool = True) -> None:
    new = f"{folder}/{name}.new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, octets)
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(new, f"{folder}/{name}")


def sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def careful(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    put(folder, "blob", octets)
    sync_folder(folder)
    answer()


def no_file_sync(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    put(folder, "blob", octets, sync=False)
    sync_folder(folder)
    answer()


def no_folder_sync(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    put(folder, "blob", octets)
    answer()


def answer_first(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    answer()
    put(folder, "blob", octets)
    sync_folder(folder)


def two_renames(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    put(folder, "blob", octets)
    put(folder, "meta", octets)
    sync_folder(folder)
    answer()


def in_place(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    with open(f"{folder}/blob", "wb") as file:
        file.write(octets)
    answer()


def at_once(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    """In place, but each write is on the disk when it comes back."""
    new = not os.path.exists(f"{folder}/blob")
    descriptor = os.open(f"{folder}/blob", os.O_WRONLY | os.O_CREAT | os.O_DSYNC, 0o600)
    os.write(descriptor, octets)
    os.close(descriptor)
    if new:
        sync_folder(folder)
    answer()


def remove(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    os.unlink(f"{folder}/blob")
    answer()


def lock_only(folder: str, octets: bytes, answer: Callable[[], None]) -> None:
    os.close(os.open(f"{folder}/blob.lock", os.O_WRONLY | os.O_CREAT, 0o600))
    answer()


def main() -> None:
    folder, mode = sys.argv[1:3]
    work = globals()[mode.replace("-", "_")]
    listener = socket.create_server(("127.0.0.1", 0))
    for _ in range(3):
        threading.Thread(target=threading.Event().wait, daemon=True).start()

    def serve(connection: socket.socket) -> None:
        with connection:
            while octets := connection.recv(4096):
                try:
                    work(folder, octets, lambda: connection.sendall(b"done"))
                except OSError as error:
                    connection.sendall((error.strerror or "").encode())

    print(listener.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()


if __name__ == "__main__":
    main()

"""Keywords that let many clients work with the store at once and record what each saw."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library
from robot.libraries.BuiltIn import BuiltIn

from assay.core import tolerance
from assay.core.errors import NoAnswer
from assay.core.histories import Client, History, Recording, run_clients
from assay.evidence import live
from assay.evidence.expect import expect
from assay.store.answered import tell_read, tell_write
from assay.store.sending import Sender

_MEMBER = "value"
_PATIENCE = 60.0
_AROUND = 10
Entity = Mapping[str, Any]


@library(scope="GLOBAL", auto_keywords=False)
class WorkloadLibrary:
    """Runs clients against the store, each on a thread of its own, and gives the history of what they did to HistoryLibrary.

    What a client does is drawn by a seed that is in the log, so that it can be drawn again. Each writes values of its own, which
    is what makes a check sharp. A write without an answer, or with one that does not tell whether it was done, is unknown.
    """

    def __init__(self) -> None:
        self._sender = Sender()

    @keyword
    def clients_read_and_write(
        self,
        entities: Sequence[Entity],
        doors: Sequence[str],
        clients: int = 4,
        operations: int = 40,
        writes: float = 0.5,
        deletes: float = 0.0,
        seed: str = "assay",
    ) -> History:
        """Lets clients read, write and delete entities at doors, and returns the history, by keys.

        | =Argument=   | =Meaning= |
        | `entities`   | those that are there: dictionaries with schema_id, key and token |
        | `doors`      | the doors; each client uses each of them in turn |
        | `clients`    | how many |
        | `operations` | how many each client does |
        | `writes`     | which part of them are writes, `deletes` which part deletions; the rest reads |

        Every value is written once, so that the check is quick. More than 24 clients are a flood (`needs:store.floods`).
        Example: | ${history} = | `Clients Read And Write` | ${entities} | ${doors} | clients=8 |
        """
        if clients > 24:
            tolerance.require("store.floods", f"Clients Read And Write with {clients} clients, more than 24,")

        def work(client: Client) -> None:
            drawn = random.Random(f"{seed}/{client.name}")
            for number in range(operations):
                entity, door = drawn.choice(list(entities)), doors[(number + client.place) % len(doors)]
                kind = drawn.random()
                if kind < writes:
                    self._write(client, entity, door, f"{client.name}-{number}")
                elif kind < writes + deletes:
                    self._delete(client, entity, door)
                else:
                    self._read(client, entity, door)

        return self._run(f"{clients} clients, {operations} operations each, seed {seed}", clients, work)

    @keyword
    def clients_read_and_write_while(
        self, entities: Sequence[Entity], doors: Sequence[str], name: str, *arguments: Any, clients: int = 4
    ) -> History:
        """Lets clients read and write for as long as another keyword runs, and ten operations each before and after it.

        Returns the history. Example:
        | ${history} = | `Clients Read And Write While` | ${entities} | ${doors} | Restart Service | store-worker-1 |
        """
        warm, over = threading.Semaphore(0), threading.Event()

        def work(client: Client) -> None:
            number, left = 0, _AROUND
            while left and client.goes_on():
                if number == _AROUND:
                    warm.release()
                entity, door = entities[number % len(entities)], doors[(number + client.place) % len(doors)]
                if (number + client.place) % 2:
                    self._write(client, entity, door, f"{client.name}-{number}")
                else:
                    self._read(client, entity, door)
                number += 1
                left -= over.is_set()

        def meanwhile() -> None:
            for _ in range(clients):
                warm.acquire(timeout=_PATIENCE)
            try:
                BuiltIn().run_keyword(name, *arguments)
            finally:
                over.set()

        return self._run(f"{clients} clients while {name}", clients, work, meanwhile)

    @keyword
    def clients_increase_a_counter(
        self, entity: Entity, doors: Sequence[str], clients: int = 4, increments: int = 10
    ) -> History:
        """Lets clients read a number, write it one higher where the version is still that, and try again where it is not.

        The number begins at 0 in `entity` (document {"value": 0}). Returns the history, the last read in it.
        Example: | ${history} = | `Clients Increase A Counter` | ${entity} | ${doors} |
        """

        def work(client: Client) -> None:
            for number in range(increments):
                with client.operation("increment", entity["key"]) as recording:
                    self._increase(client, recording, entity, doors[(number + client.place) % len(doors)])

        history = self._run(f"{clients} clients, {increments} increments each", clients, work)
        run_clients(history, ["reader"], lambda client: self._read(client, entity, doors[0]), _PATIENCE)
        return history

    @keyword
    def clients_read_pairs(
        self, entities: Sequence[Entity], door: str, doors: Sequence[str], writes: int = 40, readers: int = 3
    ) -> int:
        """Writes two entities together with one number again and again, while others read them one after the other.

        Each read of the second, which is begun after the first was read, must show no earlier number; so all or none was written.
        Fails with the numbers, and returns how many pairs were read. `door` is where both are written, `doors` are those of the readers.
        """
        first, second = entities
        seen: list[tuple[int, int]] = []
        done: list[bool] = []

        def work(client: Client) -> None:
            if client.place == 0:
                for number in range(1, writes + 1):
                    self._put_both(door, first, second, number)
                done.append(True)
                return
            while not done and client.goes_on():
                where = doors[client.place % len(doors)]
                seen.append((self._number(first, where), self._number(second, where)))

        self._run(f"{writes} pairs, {readers} readers", readers + 1, work)
        torn = [pair for pair in seen if pair[1] < pair[0]]
        expect(
            not torn, "two entities of one write to be read as of one write", f"{len(torn)} pairs, {torn[:5]}"
        )
        expect(
            len({one for one, _ in seen}) > 2, "readers to see several of the writes", f"{len(seen)} pairs"
        )
        return len(seen)

    def _run(
        self,
        about: str,
        clients: int,
        work: Callable[[Client], None],
        meanwhile: Callable[[], object] = lambda: None,
    ) -> History:
        history = History(about)
        with self._sender.elsewhere() as standing_in, ThreadPoolExecutor(1) as aside:

            def stand_in(client: Client) -> None:
                with standing_in():
                    work(client)

            running = aside.submit(run_clients, history, clients, stand_in, _PATIENCE)
            meanwhile()
            running.result()
        live.count_rows(len(history))
        logger.info(f"{about}: {len(history)} operations")
        return history

    def _read(self, client: Client, entity: Entity, door: str) -> None:
        with client.operation("read", entity["key"]) as recording:
            try:
                tell_read(recording, self._sender.send(door, "getEntity", _named(entity, door)), _MEMBER)
            except NoAnswer as error:
                recording.failed(error)

    def _write(self, client: Client, entity: Entity, door: str, value: str) -> None:
        with client.operation("write", entity["key"], value) as recording:
            self._tell(recording, door, "putEntity", {**_named(entity, door), "document": {_MEMBER: value}})

    def _delete(self, client: Client, entity: Entity, door: str) -> None:
        with client.operation("delete", entity["key"]) as recording:
            self._tell(recording, door, "deleteEntity", _named(entity, door))

    def _tell(self, recording: Recording, door: str, operation: str, request: Mapping[str, Any]) -> None:
        try:
            tell_write(recording, self._sender.send(door, operation, request))
        except NoAnswer as error:
            recording.unknown(error)

    def _increase(self, client: Client, recording: Recording, entity: Entity, door: str) -> None:
        while client.goes_on():
            read = self._sender.send(door, "getEntity", _named(entity, door))
            expect(read.succeeded, "the counter to be read", read.summary(), door)
            asked = {
                **_named(entity, door),
                "document": {_MEMBER: read.body["document"][_MEMBER] + 1},
                "expected_version": read.body["version"],
            }
            written = self._sender.send(door, "putEntity", asked)
            if written.problem != "stale-version":
                tell_write(recording, written)
                return
        recording.failed("no turn in time")

    def _put_both(self, door: str, first: Entity, second: Entity, number: int) -> None:
        documents = {one["key"]: {_MEMBER: number} for one in (first, second)}
        request = {"schema_id": first["schema_id"], "documents": documents, "token": _token(first, door)}
        answer = self._sender.send(door, "putEntities", request)
        expect(answer.succeeded, "a write of two entities to succeed", answer.summary(), door)

    def _number(self, entity: Entity, door: str) -> int:
        answer = self._sender.send(door, "getEntity", _named(entity, door))
        expect(answer.succeeded, "an entity to be read while it is written", answer.summary(), door)
        return int(answer.body["document"][_MEMBER])


def _named(entity: Entity, door: str) -> dict[str, Any]:
    return {"schema_id": entity["schema_id"], "key": entity["key"], "token": _token(entity, door)}


def _token(entity: Entity, door: str) -> Any:
    """The token for a door: of `tokens` by door where an entity has them, else its own."""
    return entity.get("tokens", {}).get(door, entity["token"])

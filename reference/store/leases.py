"""Leases: who is writing which entity, so that one write follows another, and the tickets that fence late ones off."""

import asyncio
import secrets
from collections import Counter as Tally
from dataclasses import dataclass, field
from typing import TypeAlias

from reference.common import problems
from reference.store.wire import Entry

LIFETIME_SECONDS = 15.0
_VOID_AT_MOST = 10000
Taken: TypeAlias = tuple[tuple[str, str], asyncio.Lock]


@dataclass
class Ticket:
    """The right to write some entities once, good for as long as its worker is there and its time lasts."""

    id: str
    task: str
    worker_id: str
    schema: str
    epoch: int
    entries: dict[str, Entry]
    before: dict[str, Entry]
    keep_version: bool
    committing: bool = False
    committed: "asyncio.Future[None] | None" = field(default=None, repr=False)
    ends: asyncio.TimerHandle | None = field(default=None, repr=False)


class Leases:
    """Gives each entity to one writer at a time, those that wait in their order."""

    def __init__(self) -> None:
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._wanted: Tally[asyncio.Lock] = Tally()
        self._holders: dict[str, Held] = {}
        self._tickets: dict[str, Ticket] = {}
        self._void: dict[str, None] = {}

    async def hold(self, schema: str, keys: list[str]) -> "Held":
        """Waits for every entity, in one order for everybody, so that no two wait for each other."""
        taken: list[Taken] = []
        try:
            for key in self.order(keys):
                lock = self._locks.setdefault((schema, key), asyncio.Lock())
                self._wanted[lock] += 1
                try:
                    await lock.acquire()
                except BaseException:
                    self._wanted[lock] -= 1
                    raise
                taken.append(((schema, key), lock))
        except BaseException:
            self.free(taken)
            raise
        return Held(self, taken)

    def order(self, keys: list[str]) -> list[str]:
        """The order in which entities are waited for."""
        return sorted(set(keys))

    def free(self, taken: "list[Taken]") -> None:
        """Gives entities to whoever waits for them."""
        for name, lock in taken:
            lock.release()
            self._wanted[lock] -= 1
            if not self._wanted[lock]:
                del self._wanted[lock], self._locks[name]

    def issue(self, held: "Held", ticket: Ticket) -> Ticket:
        """Makes a ticket good; it is void once its time is over."""
        self._tickets[ticket.id] = ticket
        ticket.ends = asyncio.get_running_loop().call_later(LIFETIME_SECONDS, self.end, ticket.id)
        self._holders[ticket.id] = held
        return ticket

    def redeem(self, ticket_id: str, worker_id: str) -> Ticket:
        """The ticket of a worker that has written; raises a problem where it is void."""
        ticket = self._tickets.get(ticket_id)
        if ticket is None or ticket.worker_id != worker_id or ticket.committing:
            raise problems.unavailable()
        ticket.committing = True
        ticket.committed = asyncio.get_running_loop().create_future()
        return ticket

    def end(self, ticket_id: str) -> None:
        """Makes a ticket void and frees its entities; one that is being committed ends by itself."""
        ticket = self._tickets.get(ticket_id)
        if ticket is not None and not ticket.committing:
            self.close(ticket_id)

    def close(self, ticket_id: str) -> None:
        """Frees the entities of a ticket, whatever became of it."""
        ticket = self._tickets.pop(ticket_id, None)
        if ticket is None:
            return
        if ticket.ends is not None:
            ticket.ends.cancel()
        self._holders.pop(ticket_id).free()

    def end_of_worker(self, worker_id: str) -> None:
        """Makes every ticket of a worker void: it is gone."""
        for ticket in [one for one in self._tickets.values() if one.worker_id == worker_id]:
            self.end(ticket.id)

    def void_task(self, task: str) -> Ticket | None:
        """Has an attempt do nothing any more, since it is tried elsewhere; the ticket that is just being committed, if any."""
        self._void[task] = None
        while len(self._void) > _VOID_AT_MOST:
            del self._void[next(iter(self._void))]
        of_task = [one for one in self._tickets.values() if one.task == task]
        for ticket in of_task:
            self.end(ticket.id)
        return next((one for one in of_task if one.committing), None)

    def is_void(self, task: str) -> bool:
        """Whether an attempt was given up by main."""
        return task in self._void

    def keys_in_use(self) -> set[str]:
        """The keys that somebody may be sealing under."""
        return {entry.key_id for ticket in self._tickets.values() for entry in ticket.entries.values()}

    def reserved_files(self) -> set[str]:
        """The files that somebody may be writing."""
        return {entry.file for ticket in self._tickets.values() for entry in ticket.entries.values()}


@dataclass
class Held:
    """Entities that are held, to be freed once."""

    leases: Leases
    taken: "list[Taken]"

    def free(self) -> None:
        """Frees them."""
        taken, self.taken = self.taken, []
        self.leases.free(taken)


def new_ticket_id() -> str:
    """A name for a ticket that nobody guesses."""
    return secrets.token_hex(16)

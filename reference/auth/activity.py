"""What counts as the use of a session: noted now and then, with the place that it came from."""

import hashlib
import threading
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert

from reference.auth.database import Database, session_places, sessions
from reference.auth.securitylog import SecurityLog
from reference.auth.settings import Settings
from reference.common import clock, problems, web

_REMEMBERED = 20_000
_SHARE = 10


class Activity:
    """Moves the idle end of sessions, and tells of each place that a session was not used from before."""

    def __init__(self, database: Database, settings: Settings, log: SecurityLog) -> None:
        self._database, self._settings, self._log = database, settings, log
        self._lock = threading.Lock()
        self._noted: dict[str, tuple[str, datetime]] = {}

    def idle_end(self, now: datetime) -> datetime:
        """When a session ends that is not used any more."""
        return now + timedelta(seconds=self._settings.session_idle_lifetime)

    def interval(self) -> timedelta:
        """How often at most use from the place of the last use is noted: at least ten times in its idle lifetime."""
        settings = self._settings
        seconds = min(settings.session_cache_lifetime, settings.session_idle_lifetime // _SHARE)
        return timedelta(seconds=seconds)

    def note(self, session_id: str) -> None:
        """Notes that a session was used just now; while the database is away nothing is noted, and nobody is turned away."""
        now = clock.now()
        here = place()
        with self._lock:
            last, noted = self._noted.get(session_id, ("", now))
        if last == here and now - noted < self.interval():
            return
        try:
            with self._database.transaction() as connection:
                began_at = self.touch(connection, session_id, now)
        except problems.Problem:
            return
        self.tell(session_id, began_at)
        self._remember(session_id, here, now)

    def _remember(self, session_id: str, here: str, now: datetime) -> None:
        with self._lock:
            if len(self._noted) >= _REMEMBERED:
                self._noted.clear()
            self._noted[session_id] = (here, now)

    def touch(self, connection: Connection, session_id: str, now: datetime) -> RowMapping | None:
        """Moves the idle end of a living session; where it began, if it is used from a place for the first time."""
        with self._lock:
            self._noted.pop(session_id, None)
        who = web.caller()
        living = (sessions.c.id == session_id) & alive(now)
        seen = {
            "last_activity": now,
            "idle_end": self.idle_end(now),
            "last_ip_address": who.address,
            "last_user_agent": who.user_agent,
        }
        if not connection.execute(update(sessions).where(living).values(seen)).rowcount:
            return None
        if not self.keep_place(connection, session_id, now):
            return None
        return connection.execute(select(sessions).where(sessions.c.id == session_id)).mappings().one()

    @staticmethod
    def keep_place(connection: Connection, session_id: str, now: datetime) -> bool:
        """Keeps where a session was used from; whether that is new."""
        values = {"session_id": session_id, "place": place(), "first_used_at": now}
        unless_known = insert(session_places).values(values).on_conflict_do_nothing()
        return connection.execute(unless_known.returning(session_places.c.place)).first() is not None

    def tell(self, session_id: str, began_at: RowMapping | None) -> None:
        """Tells the security log that a session is used from elsewhere than before; it goes on, since addresses change."""
        if began_at is None:
            return
        reason = difference(began_at["ip_address"], began_at["user_agent"])
        named = {"user_id": began_at["user_id"], "session_id": session_id}
        self._log.success("session.used-elsewhere", reason, began_at=began_at["ip_address"], **named)


def difference(address: str | None, user_agent: str | None) -> str:
    """In what the caller differs from where a session began."""
    who = web.caller()
    if who.address == address:
        return "another-program"
    return "another-address" if who.user_agent == user_agent else "another-address-and-program"


def place() -> str:
    """From where the caller asks, as far as that can be told: address and program."""
    who = web.caller()
    return hashlib.sha256(f"{who.address}|{who.user_agent}".encode()).hexdigest()[:32]


def alive(now: datetime) -> ColumnElement[bool]:
    """The condition of a session that has not ended."""
    return sessions.c.is_active & (sessions.c.expires_at > now) & (sessions.c.idle_end > now)

"""Everything that is kept of a user, for the user: all that the tables hold but secrets and their hashes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from reference.auth.database import (
    Database,
    api_keys,
    login_challenges,
    outbox,
    recovery_codes,
    refresh_tokens,
    reset_tokens,
    second_factors,
    session_places,
    sessions,
    users,
    verification_tokens,
)

#: table -> the columns that its owner is told
TOLD: dict[Table, tuple[str, ...]] = {
    users: ("id", "email", "full_name", "auth_provider", "is_active", "is_verified", "permissions", "created_at", "password_changed_at"),
    sessions: ("id", "created_at", "last_activity", "expires_at", "idle_end", "ip_address", "user_agent", "last_ip_address", "last_user_agent", "device_id", "is_active", "revoked_at", "end_reason"),
    refresh_tokens: ("session_id", "created_at", "used_at"),
    verification_tokens: ("full_name", "created_at", "expires_at", "used_at"),
    reset_tokens: ("created_at", "expires_at", "used_at"),
    session_places: ("session_id", "first_used_at"),
    second_factors: ("created_at", "confirmed_at", "failures", "failing_since"),
    recovery_codes: ("used_at",),
    login_challenges: ("device_id", "created_at", "expires_at", "used_at"),
    api_keys: ("id", "name", "prefix", "scopes", "disabled", "created_at", "expires_at", "last_used_at", "revoked_at"),
    outbox: ("kind", "full_name", "created_at", "attempts"),
}  # fmt: skip

#: table -> the columns that nobody is told: secrets, hashes of secrets, and what only repeats whose row it is
WITHHELD: dict[Table, tuple[str, ...]] = {
    users: ("hashed_password",),
    sessions: ("user_id",),
    refresh_tokens: ("token_hash",),
    verification_tokens: ("token_hash", "user_id", "hashed_password"),
    reset_tokens: ("token_hash", "mail_id", "user_id"),
    session_places: ("place",),
    second_factors: ("user_id", "sealed_secret", "last_step"),
    recovery_codes: ("code_hash", "user_id"),
    login_challenges: ("token_hash", "user_id", "hashed_password"),
    api_keys: ("user_id", "secret_hash", "previous_hash", "previous_until"),
    outbox: ("id", "user_id", "address", "hashed_password", "next_attempt_at"),
}


class Export:
    """What is kept of users, read in one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, user_id: str) -> dict[str, Any] | None:
        """All that is kept of an active user, None where there is none."""
        with self._database.transaction() as connection:
            found = self._rows(
                connection, self._select(users).where(users.c.id == user_id, users.c.is_active)
            )
            if not found:
                return None
            own = select(sessions.c.id).where(sessions.c.user_id == user_id)
            renewals = self._select(refresh_tokens).where(refresh_tokens.c.session_id.in_(own))
            places = self._select(session_places).where(session_places.c.session_id.in_(own))
            codes = self._select(recovery_codes).where(recovery_codes.c.user_id == user_id)
            return {
                "account": found[0],
                "sessions": self._rows(connection, self._of(sessions, user_id)),
                "renewals": self._rows(connection, renewals),
                "confirmations": self._rows(connection, self._of(verification_tokens, user_id)),
                "resets": self._rows(connection, self._of(reset_tokens, user_id)),
                "places": self._rows(connection, places),
                "second_factors": self._rows(connection, self._of(second_factors, user_id)),
                "recovery_codes": self._rows(connection, codes),
                "log_ins_begun": self._rows(connection, self._of(login_challenges, user_id)),
                "api_keys": self._rows(connection, self._of(api_keys, user_id)),
                "mails": self._rows(connection, self.owed(user_id, found[0]["email"])),
            }

    def owed(self, user_id: str, address: str) -> Select[Any]:
        """The mails that are still to be sent to an account, by its id, or by its address as a reset is asked for."""
        whose = (outbox.c.user_id == user_id) | (outbox.c.address == address)
        return self._select(outbox).where(whose).order_by(outbox.c.created_at)

    @staticmethod
    def _select(table: Table) -> Select[Any]:
        return select(*(table.c[name] for name in TOLD[table]))

    def _of(self, table: Table, user_id: str) -> Select[Any]:
        return self._select(table).where(table.c.user_id == user_id).order_by(table.c.created_at)

    @staticmethod
    def _rows(connection: Connection, query: Select[Any]) -> Sequence[dict[str, Any]]:
        return [dict(row) for row in connection.execute(query).mappings()]

"""Keywords about what a platform keeps: the rows of its databases and the keys of its session store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core.errors import AssayError
from assay.core.run import current
from assay.core.waiting import until
from assay.evidence.expect import Unmet, expect
from assay.evidence.finding import Finder, plain
from assay.evidence.redact import conceal
from assay.record import accounts, passwords, postgres, traces
from assay.record.redis import Redis
from assay.record.traces import Traces

_CONTROL = "the control"

Found = TypeVar("Found")


@library(scope="GLOBAL", auto_keywords=False)
class RecordLibrary:
    """Looks into the stores of a platform, where the target lets them be observed (`auth.database`).

    It knows no table and no column: every row of every table is searched, and every key of the session store, so that
    the same tests judge any implementation. It only reads.
    """

    @keyword
    def no_record_should_hold(self, known: str, **secrets: Secret | str) -> None:
        """Looks for secrets in everything that the platform stores.

        `known` is the control: something that is surely stored, such as the mail address; a search that does not find
        it proves nothing and fails. The secrets are looked for raw, in base64 and in hexadecimal, whole and in long pieces.
        The names of the arguments tell what was found, with the table and column where.
        Example: | `No Record Should Hold` | ${account.email} | password=${account.password} |
        """
        if not secrets:
            raise ValueError("name at least one secret: password=${account.password}")
        control, finder = (
            Finder({_CONTROL: known}),
            Finder({_name(one): plain(value) for one, value in secrets.items()}),
        )
        seen, places, held = False, 0, list[str]()
        for place, text in _everything():
            places += 1
            seen = seen or bool(control.names_in(text))
            held.extend(f"{name} in {place}" for name in finder.names_in(text))
        expect(
            seen,
            "the search to find what is surely stored",
            f"it nowhere in {places} columns and keys",
            known,
        )
        logger.info(f"Searched {places} columns and keys.")
        expect(not held, f"no {', '.join(map(_name, secrets))} in any store", ", ".join(held))

    @keyword
    def stored_password_should_be_argon2id(self, address: str, password: Secret) -> str:
        """The password of an account is stored once, as an Argon2id hash of exactly that password.

        The hash carries version, memory, passes and lanes at least as costly as one of the settings of OWASP's Password
        Storage Cheat Sheet. `address` finds the row, or the row whose id other rows with the hash name. Returns the salt.
        Example: | ${salt} = | `Stored Password Should Be Argon2id` | ${account.email} | ${account.password} |
        """
        found = _stored(address)
        expect(
            len(found) == 1,
            "one Argon2 hash that belongs to the address of the account",
            f"{len(found)} of them",
            address,
        )
        place, stored = found[0]
        conceal(stored.phc, "password hash")
        expect(stored.kind == "argon2id" and stored.version == 19, "argon2id, version 19", str(stored), place)
        expect(stored.strong_enough, "memory and passes as OWASP advises at least", str(stored), place)
        expect(
            stored.fits(password.value),
            "the hash of exactly the password that was chosen",
            "a hash of another text",
            place,
        )
        return stored.salt

    @keyword
    def one_account_should_be_stored(self, address: str, account_id: str) -> None:
        """All accounts that are stored with this address have this id.

        Rows of mails to be sent, of an audit or of tokens hold the address too, and there may be many of them: what is
        counted are the ids of the accounts that they are about. A database where no row holds both is an error of ours.
        Example: | `One Account Should Be Stored` | ${user.email} | ${user.id} |
        """
        found = accounts.ids_of_accounts(_tables(), address, account_id)
        if found is None:
            raise AssayError(f"accounts cannot be counted: no row holds {address} and the id {account_id}")
        expect(len(found) == 1, f"one account with the address {address}", f"{len(found)}: {sorted(found)}")

    @keyword
    def traces_of(self, account_id: str, address: str, name: str = "") -> Traces:
        """What would tell of a person in the stores: to be asked for while the account is there, and looked for afterwards.

        | =Argument=   | =Meaning= |
        | `account_id` | the id of the account, in whatever form it is stored |
        | `address`    | its mail address |
        | `name`       | the name of the person, one that nobody else has |

        Ids of what belongs to the account, sessions for example, are found in the tables: in rows that name the account, and in
        no other. A database in which neither address nor id stands is an error of ours: nothing could be looked for.
        Example: | ${traces} = | `Traces Of` | ${user.id} | ${user.email} | ${user.full_name} |
        """
        tables = _tables()
        found = traces.of(tables, account_id, address, name)
        held = {word for place, text in _everything() for word in found.in_text(text)}
        if missing := sorted(set(found.words) - held):
            raise AssayError(
                f"{' and '.join(missing)} cannot be looked for: no store holds it before the deletion"
            )
        named = ", ".join(sorted({f"{mark.table}.{mark.column}" for mark in found.marks}))
        logger.info(f"Looked for from now on: {', '.join(found.words)}, and ids by {named}.")
        return found

    @keyword
    def no_trace_should_be_left(self, left_by: Traces, within: timedelta = timedelta(seconds=5)) -> None:
        """No store holds anything of a person any more, at the latest after some time.

        Every column of every table and every key of the session store is searched for the person's words, raw, escaped, in base64
        and in hexadecimal; the tables are searched for ids of what belonged to the account too. A session store may go on to hold
        the ids of sessions, by which it knows that they have ended.
        Example: | `No Trace Should Be Left` | ${traces} |
        """
        held: list[str] = []

        def gone() -> bool | None:
            held[:] = [
                f"{word} in {place}" for place, text in _everything() for word in left_by.in_text(text)
            ]
            held.extend(sorted({what for table in _tables() for what in left_by.in_table(table)}))
            return None if held else True

        until(gone, within.total_seconds())
        expect(not held, "nothing of the person in any store", ", ".join(held))

    @keyword
    def every_trace_should_be_left(self, kept: Traces) -> None:
        """The stores still hold what `Traces Of` found of a person, each word and each id that it named.

        Example: | `Every Trace Should Be Left` | ${traces of somebody else} |
        """
        held = {word for _, text in _everything() for word in kept.in_text(text)}
        tables = _tables()
        gone = sorted(set(kept.words) - held)
        gone += [f"the {mark.column} of {mark.table}" for mark in kept.marks if not kept.stands(mark, tables)]
        expect(not gone, "everything of the person in the stores", f"no more {', '.join(gone)}")

    @keyword
    def size_of_the_session_store(self) -> int:
        """How many characters the session store holds, names of keys and all (`auth.session-store`)."""
        return sum(len(key) + len(text) for key, text in _redis(lambda redis: list(redis.entries())))

    @keyword
    def each_key_of_the_session_store_should_end(self, within: timedelta) -> None:
        """Every key of the session store ends by itself, within that time (`auth.session-store`); an empty store fails.

        Example: | `Each Key Of The Session Store Should End` | within=1 hour |
        """
        lifetimes = dict(_redis(lambda redis: list(redis.lifetimes())))
        expect(lifetimes, "a key in the session store", "none")
        longest = within.total_seconds()
        stay = {key: left for key, left in lifetimes.items() if left is None or left > longest}
        expect(not stay, f"each of {len(lifetimes)} keys to end within {longest:g} s", list(stay.items())[:5])


def _redis(look: Callable[[Redis], Found]) -> Found:
    redis = Redis(str(current().platform.observed("redis")["url"]))
    try:
        return look(redis)
    finally:
        redis.close()


def _everything() -> Iterator[tuple[str, str]]:
    observes = current().platform.observes
    for name, url in observes.get("databases", {}).items():
        for cells in postgres.columns(url):
            yield f"{name}: {cells.place}", "\n".join(cells.texts)
    if url := observes.get("redis", {}).get("url"):
        redis = Redis(url)
        try:
            yield from ((f"redis: {key}", f"{key}\n{text}") for key, text in redis.entries())
        finally:
            redis.close()


def _stored(address: str) -> list[tuple[str, passwords.Stored]]:
    databases = current().platform.observes.get("databases", {})
    rows = [row for url in databases.values() for row in postgres.rows_with(url, address)]
    if not rows:
        where = ", ".join(urlsplit(url).path.strip("/") for url in databases.values())
        raise Unmet("a row with the address of the account", "none", f"databases: {where or 'none observed'}")
    return _hashes(rows) or _hashes(accounts.belonging(_tables(), address))


def _hashes(rows: list[dict[str, str]]) -> list[tuple[str, passwords.Stored]]:
    return [
        (place, stored) for row in rows for place, text in row.items() if (stored := passwords.parse(text))
    ]


def _tables() -> list[accounts.Table]:
    return [
        table
        for url in current().platform.observes.get("databases", {}).values()
        for table in postgres.tables(url)
    ]


def _name(argument: str) -> str:
    return argument.replace("_", " ")

"""What tests made on a platform that is not Assay's own, removed in reverse order; what could not be removed is listed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from robot.api.types import Secret

from assay.core import ledger
from assay.core.errors import AssayError, NoAnswer
from assay.core.ledger import GIVEN, Ledger, Made
from assay.core.platform import Platform
from assay.core.run import current
from assay.evidence.redact import conceal, redact
from assay.totp import codes

_GONE = (404, 410)
_FAULTS = (AssayError, AssertionError, RuntimeError, ValueError)
Call = Callable[[str, Mapping[str, Any]], Any]


class Remover:
    """Removes one thing after the other by the operations that the target offers."""

    def __init__(self, call: Call, platform: Platform, book: Ledger) -> None:
        self._call, self._platform, self._book = call, platform, book

    def remove_all(self, things: list[Made]) -> list[tuple[Made, str]]:
        """Removes what it can, in the order given; returns what stays, each with why.

        Once the platform does not answer at all, nothing more is tried.
        """
        stays: list[tuple[Made, str]] = []
        silent = ""
        for one in things:
            try:
                why = silent or self.remove(one)
            except NoAnswer as error:
                why = silent = redact(str(error))
            except _FAULTS as error:
                why = redact(str(error))
            if why:
                stays.append((one, why))
                self._book.stays(one.number, why)
            else:
                self._book.gone(one.number)
        return [
            (one, why) for one, why in stays if one.number in self._book.made
        ]  # some went with an account

    def remove(self, one: Made) -> str:
        """Removes a thing; returns why it stays, nothing when it has gone."""
        if one.by in ledger.table() and not one.kept:
            return "what is needed to remove it is not there any more (the file key of the list)"
        open_ways = [way for way in one.rule["ways"] if not self._lacking(way)]
        if not open_ways:
            lacking = sorted({need for way in one.rule["ways"] for need in self._lacking(way)})
            return f"the target lacks {', '.join(lacking)}" if lacking else "no operation removes it"
        answer: Any = None
        with self._book.quietly():
            for way in open_ways:
                answer = self._take(way, one)
                if 200 <= answer.status < 300 or answer.status in _GONE:
                    return ""
        if getattr(answer, "problem", None) in one.rule.get("gone", ()):
            return ""
        return f"it was answered {getattr(answer, 'problem', None) or answer.status}"

    def _lacking(self, way: Mapping[str, Any]) -> list[str]:
        return [need for need in way.get("needs", ()) if need not in self._platform.capabilities]

    def _take(self, way: Mapping[str, Any], one: Made) -> Any:
        kept = dict(one.kept)
        if one.by not in ledger.table():
            return self._call(way["operation"], kept)
        if renewing := way.get("after"):
            rule = ledger.table()[renewing]
            answer = self._call(renewing, {name: kept.get(place) for name, place in rule["fields"].items()})
            if not 200 <= answer.status < 300:
                return answer
            newer = ledger.taken(rule, {}, answer.body)
            kept |= newer
            self._book.keep(one.number, newer)
        fields = {name: self._value(place, one, kept) for name, place in way.get("fields", {}).items()}
        if "token" in way:
            if way["token"] not in kept:
                raise AssayError(f"its {way['token'].replace('_', ' ')} is not known")
            return self._call(way["operation"], {**fields, "token": kept[way["token"]]})
        if "by_key" in way:
            return self._by_key(way, fields)
        return self._as(way, one, kept, fields)

    def _by_key(self, way: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
        """Logs in to the store by a secret of the target, empties what is to be removed, and removes it."""
        begun = self._call("store.logIn", {"key": _secret(self._platform.secret(way["by_key"]))})
        if not 200 <= begun.status < 300:
            return begun
        given = {**fields, "token": begun.body["token"]}
        if emptied := way.get("emptied"):
            if lacking := self._lacking(emptied):
                raise AssayError(f"what is in it stays: the target lacks {', '.join(lacking)}")
            self._empty(emptied, given)
        return self._call(way["operation"], given)

    def _empty(self, emptied: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Removes a page of what is in a thing after the other, until nothing is listed."""
        while items := self._listed(emptied, given):
            for item in items:
                answer = self._call(emptied["by"], {**given, emptied["field"]: item[emptied["field"]]})
                if not 200 <= answer.status < 300 and answer.status not in _GONE:
                    raise AssayError(f"what is in it stays: {emptied['by']} was answered {answer.status}")

    def _listed(self, emptied: Mapping[str, Any], given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        answer = self._call(emptied["listed"], given)
        if answer.status in _GONE:
            return []
        if not 200 <= answer.status < 300:
            raise AssayError(f"what is in it stays: {emptied['listed']} was answered {answer.status}")
        found: list[Mapping[str, Any]] = answer.body[emptied["items"]]
        return found

    def _as(
        self, way: Mapping[str, Any], one: Made, kept: Mapping[str, Any], fields: Mapping[str, Any]
    ) -> Any:
        """Logs in, does it, and ends the session again, where it has not ended with the account."""
        if way["as"] != "owner":
            person: Mapping[str, Any] = self._platform.account(way["as"])
        elif one.by == GIVEN:
            person = {"email": self._given(one)["email"], "password": kept["password"]}
        else:
            person = kept if "password" in kept else self._owner(one)
        begun = self._call("auth.logIn", {"email": person["email"], "password": _secret(person["password"])})
        if 200 <= begun.status < 300 and "access_token" not in begun.body:
            begun = self._finished(begun.body, person)
        if not 200 <= begun.status < 300:
            return begun
        token = begun.body["access_token"]
        answer = self._call(way["operation"], {**fields, "token": token})
        if "auth.logout" in self._platform.capabilities:
            self._call("auth.logOut", {"token": token})
        return answer

    def _finished(self, begun: Mapping[str, Any], person: Mapping[str, Any]) -> Any:
        """Ends a log-in that asks for a code; the code of the next step of time may do where that of this one was used."""
        if "challenge_token" not in begun or "factor" not in person:
            raise AssayError("its log-in asks for a second factor")
        answer: Any = None
        for away in (0, 1):
            code = codes.code(codes.decoded(_plain(person["factor"])), int(time.time()) // codes.STEP + away)
            conceal(code, "code")
            said = {"challenge_token": begun["challenge_token"], "code": Secret(code)}
            answer = self._call("auth.finishLogIn", said)
            if answer.problem != "wrong-code":
                break
        return answer

    def _owner(self, one: Made) -> Mapping[str, Any]:
        """Whose a thing is: an account of the target, or one that the run made and has not removed."""
        if name := self._book.given.get(one.name.lower()):
            return self._platform.account(name)
        for other in self._book.made.values():
            if other.rule.get("makes") == "account" and other.name.lower() == one.name.lower():
                return other.kept
        raise AssayError(f"the account {one.name} that it belongs to has gone")

    def _value(self, place: str, one: Made, kept: Mapping[str, Any]) -> Any:
        return _secret(self._given(one)["password"]) if place == GIVEN else kept.get(place)

    def _given(self, one: Made) -> dict[str, str]:
        return self._platform.account(self._book.given[one.name])


class Registry:
    """What this process made and has not removed, put away when the test or the suite that made it ends."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def remember(self, suite: str, operation: str, fields: Mapping[str, Any]) -> None:
        """Remembers how a thing is removed. A platform that Assay started goes away whole, so there it forgets at once."""
        if (book := current().ledger) is None:
            return
        current().platform.spelling(operation)  # an unknown operation is told where it is written
        shown = " ".join(f"{key}={_shown(value)}" for key, value in fields.items())
        book.add(operation, shown, fields, suite)

    def test_ends(self, test: str) -> None:
        """Leaves the target's own accounts as they were, their passwords and sessions, before another test is given them."""
        del test
        book = current().ledger
        given = book.given if book else {}
        self._remove(lambda one: one.name.lower() in given)

    def suite_ends(self, suite: str) -> None:
        """Removes what the suite made, the last first."""
        self._remove(lambda one: one.suite == suite)

    def _remove(self, which: Callable[[Made], bool]) -> None:
        run = current()
        if run.ledger is None:
            return
        things = [one for one in reversed(run.ledger.made.values()) if which(one) and one.why == ledger.OPEN]
        if things:
            Remover(self._call, run.platform, run.ledger).remove_all(things)


def _plain(value: Any) -> str:
    return str(value.value if isinstance(value, Secret) else value)


def _secret(value: Any) -> Secret:
    return value if isinstance(value, Secret) else Secret(str(value))


def _shown(value: Any) -> str:
    return "<secret>" if isinstance(value, Secret) else redact(str(value))

"""Keywords that do random operations with the store and compare each answer with a model of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core.errors import NoAnswer
from assay.core.names import fresh_name
from assay.core.platform import Platform
from assay.core.run import current
from assay.core.waiting import until
from assay.evidence import live
from assay.evidence.exchange import table
from assay.evidence.expect import Unmet
from assay.evidence.redact import conceal
from assay.http.answers import Response
from assay.store import model, randomly
from assay.store.answered import version
from assay.store.doors import REST, SERVICE, workers
from assay.store.model import Step
from assay.store.randomly import Choice, Disagreement, Extent, Seen
from assay.store.sending import Sender

_SCHEMA = {"type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"]}
_SETTLED = 15.0
_NEEDS = {
    model.WRITE_BAD: "store.schemas",
    model.WRITE_CURRENT: "store.conditional-writes",
    model.WRITE_STALE: "store.conditional-writes",
    model.DELETE_CURRENT: "store.conditional-writes",
    model.DELETE_STALE: "store.conditional-writes",
    model.WRITE_BOTH: "store.several",
    model.LIST: "store.listing",
    model.ROTATE: "store.rotation",
    model.RESTART: "store.restart",
    model.KILL: "store.restart",
}


@library(scope="GLOBAL", auto_keywords=False)
class ModelLibrary:
    """Does sequences of operations that are drawn by a seed: writes, deletions, reads and lists at every door, restarts, kills, rotations.

    After each the answer must be what a model says, a version and a document for each key. What disagrees is made short, and told with
    the line that does just this again.
    """

    @keyword(tags=("disturbing",))
    def random_operations_should_agree_with_a_model(
        self,
        doors: Sequence[str],
        sequences: int = 12,
        steps: int = 50,
        seed: int | None = None,
        only: str = "",
        shrinking: timedelta = timedelta(seconds=10),
        within: timedelta = timedelta(minutes=2),
    ) -> None:
        """Fails where an answer is another than that of the model, with the fewest steps that still lead there.

        | =Argument=  | =Meaning= |
        | `doors`     | those that are used, all with the administrator's token, who logs in again after each restart |
        | `sequences` | how many sequences are drawn, each on a schema of its own; `steps` is how long they are at most |
        | `seed`      | draws the same sequences again; without it they are others each time, and the log tells it |
        | `only`      | in the place of what is drawn just these steps, as a failure told them: ``write a at rest; restart of store`` |
        | `shrinking` | how long a sequence that disagrees is made shorter |
        | `within`    | after this no further sequence is begun |

        Some steps of a sequence disturb, with others between them: a restart, a kill, a rotation; each key is read after each. Source: the file system
        exerciser fsx; Hypothesis, stateful testing. Example:
        | `Random Operations Should Agree With A Model` | ${doors} | seed=${1234} |
        """
        world = _Store(doors)
        drawn = secrets.randbelow(1 << 32) if seed is None else seed
        how = "as given" if only else f"drawn by seed={drawn}"
        logger.info(f"The operations are {how}.")
        try:
            if only:
                done = randomly.replay(world, model.read(only))
            else:
                extent = Extent(sequences, steps, within.total_seconds())
                done = randomly.explore(world, _choice(doors), drawn, extent, shrinking.total_seconds())
        except Disagreement as found:
            rows = [(str(number), str(step)) for number, step in enumerate(found.steps, 1)]
            logger.write(table("What was done", ("", "Step"), rows), "INFO", True)
            again = "; ".join(map(str, found.steps))
            raise Unmet(
                f"at “{found.last}” {found.expected}",
                f"{randomly.told(found.seen)}; again by only={again}",
                f"{len(found.steps)} steps, {how}" if not only else how,
            ) from None
        live.count_rows(done)
        logger.info(f"{done} operations, {how}, were answered as by the model.")


class _Store:
    """The store that is judged, with the names of schemas and of keys that no other test has."""

    def __init__(self, doors: Sequence[str]) -> None:
        self._sender, self._schema = Sender(), ""
        self._token: Any = None
        self._conditional = "store.conditional-writes" in current().platform.capabilities
        self.doors = doors

    def begin(self) -> None:
        """Keeps a fresh schema."""
        self._log_in()
        self._schema = fresh_name(current().id, "schema")
        answer = self._send(REST, "putSchema", schema=_SCHEMA)
        if not answer.succeeded:
            raise Unmet("a schema to be kept", answer.summary(), REST)

    def do(self, step: Step, document: Any, version: int | None) -> Seen:
        """Does a step; where no answer came, or none that can be read, that is what was seen."""
        try:
            return self._do(step, document, version)
        except (NoAnswer, Unmet, KeyError, TypeError) as error:
            return Seen(" ".join(f"{type(error).__name__}: {error}".split()))

    def _do(self, step: Step, document: Any, version: int | None) -> Seen:
        if step.kind in model.DISTURBING:
            return self._disturb(step)
        if step.kind == model.LIST:
            return _seen(self._send(step.door, "listEntities"), step)
        asked = {"expected_version": version} if version else {}
        if step.kind == model.READ:
            answer = self._send(step.door, "getEntity", key=step.key)
        elif step.kind in model.DELETING:
            answer = self._send(step.door, "deleteEntity", key=step.key, **asked)
        elif step.kind == model.WRITE_BOTH:
            documents = dict.fromkeys(step.keys, document)
            answer = self._send(step.door, "putEntities", documents=documents)
        else:
            answer = self._send(step.door, "putEntity", key=step.key, document=document, **asked)
        return _seen(answer, step)

    def _disturb(self, step: Step) -> Seen:
        if step.kind == model.ROTATE:
            return self._rotate()
        if step.kind == model.RESTART:
            current().control(step.part, "restart")
        else:
            current().control(step.part, "kill")
            current().control(step.part, "start")
        for door in dict.fromkeys((REST, *self.doors)):
            self._settle(door)
        return Seen()

    def _rotate(self) -> Seen:
        """Rotates once an earlier rotation is over."""

        def answered() -> Response | None:
            answer = self._sender.send(REST, "rotateKeys", {"token": self._token})
            return None if answer.problem == "conflict" else answer

        answer = until(answered, _SETTLED, pause=0.05)
        if answer is None:
            return Seen(f"a rotation that is not over after {_SETTLED:g} s")
        return Seen() if answer.succeeded else Seen(answer.problem or answer.summary())

    def _log_in(self) -> None:
        key = Secret(current().platform.secret("admin_key"))
        conceal(str(key.value), "key")
        answer = self._sender.send(REST, "logIn", {"key": key})
        if not answer.succeeded:
            raise Unmet("the administrator to log in", answer.summary(), REST)
        self._token = answer.body["token"]

    def _settle(self, door: str) -> None:
        """Waits until a door answers again, and would write."""
        asked = {"key": "nobody", "document": {"value": 0}, "expected_version": 9}

        def answers() -> bool | None:
            try:
                answer = self._send(door, "getEntity", key="nobody")
                if answer.problem == "invalid-token":
                    self._log_in()
                if answer.problem != "not-found" or not self._conditional:
                    return answer.problem == "not-found" or None
                return self._send(door, "putEntity", **asked).problem == "stale-version" or None
            except NoAnswer:
                return None

        if not until(answers, _SETTLED, pause=0.05):
            raise Unmet(f"an answer within {_SETTLED:g} s of a restart", "none", door)

    def _send(self, door: str, operation: str, **fields: Any) -> Response:
        return self._sender.send(door, operation, {"schema_id": self._schema, "token": self._token, **fields})


def _seen(answer: Response, step: Step) -> Seen:
    if not answer.succeeded:
        return Seen(answer.problem or answer.summary())
    body = answer.body if isinstance(answer.body, Mapping) else {}
    if step.kind == model.LIST:
        return Seen(listed=[(one["key"], one["version"]) for one in body["entities"]])
    if step.kind in model.DELETING:
        return Seen()
    if step.kind == model.WRITE_BOTH:
        return Seen(versions=body.get("versions") or {})
    told = version(answer)
    document = body.get("document") if step.kind == model.READ else None
    return Seen(versions={} if told is None else {step.key: told}, document=document)


def _choice(used: Sequence[str]) -> Choice:
    """What the target has: doors of several entities, processes and kinds of steps."""
    platform = current().platform
    several, listing = (_calling(platform, used, one) for one in ("putEntities", "listEntities"))
    lacking = {model.WRITE_BOTH: not several, model.LIST: not listing}
    kinds = [
        kind
        for kind in (*model.AT_A_DOOR, *model.DISTURBING)
        if _NEEDS.get(kind, "store.rest") in platform.capabilities and not lacking.get(kind)
    ]
    parts = [f"{SERVICE}-{worker}" for worker in workers(platform)]
    if parts:  # main alone, as often as together with its workers
        parts = [SERVICE, SERVICE, f"{SERVICE}-main", f"{SERVICE}-main", *parts]
    return Choice(several, listing, parts or [SERVICE], kinds)


def _calling(platform: Platform, used: Sequence[str], operation: str) -> list[str]:
    """The doors at which an operation can be called."""
    return [door for door in used if door == REST or operation in platform.rpc(SERVICE).operations]

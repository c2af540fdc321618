"""Keywords that judge answers of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from robot.api.deco import keyword
from robot.utils import DotDict

from assay.core.run import current
from assay.evidence.expect import expect
from assay.http.answers import Response
from assay.store.answers import DoorAnswer
from assay.store.doors import SERVICE
from assay.store.texts import text_at


class Judging:
    """Documents, versions and statuses, whichever door they came from."""

    @keyword
    def should_be_the_document(self, answer: Response, document: Any, version: int | None = None) -> None:
        """Fails unless an answer is a success with exactly this document, in every number and the kind of it, and the version.

        Example: | `Should Be The Document` | ${answer} | ${document} | version=2 |
        """
        expect(answer.succeeded, f"{answer.operation} to succeed", answer.summary(), answer.operation)
        seen = answer.body.get("document") if isinstance(answer.body, dict) else None
        expect(_same(seen, document), f"the document {document!r}", seen, answer.operation)
        if version is not None:
            expect(
                answer.body.get("version") == version,
                f"version {version}",
                answer.body.get("version"),
                answer.operation,
            )

    @keyword
    def text_of_the_document(self, answer: Response) -> str:
        """The document in the answer of ``getEntity`` as the text that it came as, every digit as it was written."""
        if isinstance(answer, DoorAnswer):
            return answer.text
        place = current().platform.spelling(f"{SERVICE}.getEntity").answers.get("/document", "/document")
        return text_at(answer.text, place)

    @keyword
    def documents_by_number(self, count: int) -> list[dict[str, Any]]:
        """So many dictionaries for `Call Together At`, each with another `document`."""
        return [{"document": {"number": number}} for number in range(count)]

    @keyword
    def one_should_have_succeeded(self, answers: Sequence[Response], problem: str) -> int:
        """Fails unless exactly one of the answers is a success and each other is refused for the problem; returns which one.

        Example: | ${number} = | `One Should Have Succeeded` | ${answers} | stale-version |
        """
        done = [number for number, answer in enumerate(answers) if answer.succeeded]
        expect(len(done) == 1, "one of the calls to succeed", f"{len(done)} of {len(answers)}")
        wrong = [answer.summary() for answer in answers if not answer.succeeded and answer.problem != problem]
        expect(not wrong, f"the others to be refused as {problem}", "; ".join(wrong[:5]))
        return done[0]

    @keyword
    def should_be_one_of_the_documents(
        self, answer: Response, documents: Sequence[Any], refused_as: str | None = None
    ) -> None:
        """Fails unless an answer has one of these documents whole; None among them stands for no entity.

        `refused_as` is a problem that will do as well. Example: | `Should Be One Of The Documents` | ${answer} | ${old and new} |
        """
        if refused_as is not None and answer.problem == refused_as:
            return
        if answer.problem == "not-found":
            expect(None in documents, "an entity", "none", answer.operation)
            return
        expect(answer.succeeded, f"{answer.operation} to succeed", answer.summary(), answer.operation)
        seen = answer.body.get("document") if isinstance(answer.body, dict) else None
        wanted = [one for one in documents if one is not None]
        told = " or ".join(map(repr, wanted)) or "no entity"
        expect(any(_same(seen, one) for one in wanted), f"the document {told}", seen, answer.operation)

    @keyword
    def code_should_be(self, answer: Response, code: str) -> None:
        """Fails unless an answer over gRPC has the status of this name, ``DATA_LOSS`` for instance.

        Source: gRPC, status codes. Example: | `Code Should Be` | ${answer} | NOT_FOUND |
        """
        seen = answer.code if isinstance(answer, DoorAnswer) else f"HTTP {answer.status}"
        expect(seen == code, f"{answer.operation} to end with {code}", seen, answer.summary())

    @keyword
    def should_have_been_refused_with(self, answer: Response, *statuses: int) -> None:
        """Fails unless an answer is a refusal with one of these statuses of HTTP, where more than one reason is right.

        Example: | `Should Have Been Refused With` | ${answer} | 401 | 403 |
        """
        wanted = " or ".join(map(str, statuses))
        expect(answer.status in statuses, f"a refusal with {wanted}", answer.summary(), answer.operation)

    @keyword
    def version_should_be(self, seen: int | None, version: int) -> None:
        """Fails unless a version is this one; where none was told it is None."""
        expect(seen == version, f"version {version}", "no version" if seen is None else f"version {seen}")

    @keyword
    def version_should_be_above(self, seen: int | None, version: int) -> None:
        """Fails unless a version is higher than this one."""
        expect(seen is not None and seen > version, f"a version above {version}", f"version {seen}")

    @keyword
    def entries_with(self, entries: Sequence[Mapping[str, Any]], **fields: Any) -> list[Mapping[str, Any]]:
        """Those entries of a list whose fields have these values.

        Example: | ${keys} = | `Entries With` | ${answer.body}[keys] | schema_id=${schema} | current=${True} |
        """
        return [one for one in entries if all(one.get(name) == value for name, value in fields.items())]

    @keyword
    def entities_of(self, documents: Mapping[str, Any], **shared: Any) -> list[DotDict]:
        """A dictionary for each document by its key: `key`, `document` and what is shared by them."""
        return [DotDict({**shared, "key": key, "document": one}) for key, one in documents.items()]

    @keyword
    def pages_should_be_in_order(self, pages: Sequence[Response], limit: int) -> list[str]:
        """Fails where a page of `listEntities` has more than `limit` keys, or one that does not come after all before it; returns the keys.

        A page that is not the last has as many as may be. Example: | ${keys} = | `Pages Should Be In Order` | ${pages} | ${100} |
        """
        keys: list[str] = []
        for number, page in enumerate(pages, 1):
            found = [one["key"] for one in page.body["entities"]]
            last = number == len(pages)
            fits = 0 < len(found) <= limit if last else len(found) == limit
            expect(fits, f"a page of {limit} keys", f"{len(found)} on page {number} of {len(pages)}")
            for key in found:
                expect(not keys or keys[-1] < key, f"a key after {keys[-1:]}", key, f"page {number}")
                keys.append(key)
        return keys

    @keyword
    def version_of(self, answer: Response, key: str | None = None) -> int:
        """The version that an answer tells: of the entity, or of the `key` among several that were written."""
        body = answer.body if isinstance(answer.body, dict) else {}
        found = body.get("version")
        if found is None and isinstance(body.get("versions"), dict):
            told: dict[str, Any] = body["versions"]
            found = told.get(key) if key is not None else next(iter(told.values()), None)
        expect(isinstance(found, int), "a version, a whole number", found, answer.operation)
        return int(found or 0)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same as JSON: true is no 1, and a whole number no fraction."""
    if isinstance(one, dict | DotDict) and isinstance(other, dict | DotDict):
        return set(one) == set(other) and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)

"""Documents that cannot be read any more, or are read as something else than was written."""

import json
from typing import Any

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.numbers-are-rounded",
    breaks=["DB-14", "DB-09"],
    says="REST tells the fractions in a document as floating point has them, not as they were written.",
    partial=True,
    blind=True,
)
def numbers_are_rounded(patch: Patch) -> None:
    def factory(perform: Function, hit: Hit) -> Function:
        async def rounding(request: Any, operation: str, **more: Any) -> Any:
            done = await perform(request, operation, **more)
            if operation == "getEntity":
                told = json.dumps(json.loads(done.document), ensure_ascii=False).encode()
                if json.loads(told, parse_float=str) != json.loads(done.document, parse_float=str):
                    hit()
                    done.document = told
            return done

        return rounding

    patch.replace("store.endpoints:perform", factory)


@defect(
    "store.reads-are-checked-by-the-new-schema",
    breaks=["DATA-02"],
    says="An entity that was written before its schema changed cannot be read where it is not as the new one says.",
    partial=True,
    blind=True,
)
def reads_are_checked_by_the_new_schema(patch: Patch) -> None:
    def factory(document: Function, hit: Hit) -> Function:
        async def checking(self: Any, task: Any, entry: Any) -> bytes:
            found = bytes(await document(self, task, entry))
            if known := self.schemas.known(task.schema):
                try:
                    self.schemas.check(self.schemas.validator(task.schema, known), [(task.key, found)])
                except problems.Problem:
                    hit()
                    raise
            return found

        return checking

    patch.replace("store.worker:Worker.document", factory)

"""Operations that let in others than the contract says, and operations and methods that it does not know."""

from typing import Any

from fastapi import Request

from reference.auth.database import api_keys
from reference.auth.operation import Operation
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.one-door-open",
    breaks=["AUTH-207"],
    says="Ending the sessions of somebody asks for a session and for no permission.",
    partial=True,
)
def one_door_open(patch: Patch) -> None:
    def factory(ways: Function, hit: Hit) -> Function:
        def forgetful(request: Request) -> Any:
            stated = ways(request)
            if request.scope["route"].name != "endUserSessions":
                return stated
            hit()
            return {**stated, "bearer": []}

        return forgetful

    patch.replace("auth.principal:ways", factory)


@defect(
    "auth.one-door-open-to-keys",
    breaks=["AUTH-207", "ACC-15"],
    says="A key for reading enables accounts.",
    partial=True,
)
def one_door_open_to_keys(patch: Patch) -> None:
    def factory(ways: Function, hit: Hit) -> Function:
        def forgetful(request: Request) -> Any:
            stated = ways(request)
            if request.scope["route"].name != "enableUser":
                return stated
            hit()
            return {**stated, "api_key": ["read"]}

        return forgetful

    patch.replace("auth.principal:ways", factory)


@defect(
    "auth.dead-key-forbidden",
    breaks=["AUTH-207", "AUTH-197"],
    says="A key that is switched off is answered as one without the right, 403, where accounts are looked after.",
    partial=True,
)
def dead_key_forbidden(patch: Patch) -> None:
    def factory(admit: Function, hit: Hit) -> Function:
        def mistaken(self: Any, request: Request) -> Any:
            try:
                return admit(self, request)
            except problems.Problem as problem:
                if problem.name == "invalid-api-key" and request.scope["route"].name == "disableUser":
                    hit()
                    problem.name = "insufficient-scope"
                raise

        return mistaken

    patch.replace("auth.access:Access.admit_key", factory)


@defect(
    "auth.foreign-key-forbidden",
    breaks=["AUTH-208", "AUTH-204"],
    says="Somebody else's key cannot be rotated, and the answer says that it is there.",
    partial=True,
)
def foreign_key_forbidden(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def telling(self: Any, owner: Any, key_id: str, overlap: int | None) -> Any:
            try:
                return rotate(self, owner, key_id, overlap)
            except problems.Problem as problem:
                with self._database.transaction() as connection:
                    found = connection.execute(api_keys.select().where(api_keys.c.id == key_id)).first()
                if problem.name == "not-found" and found is not None:
                    hit()
                    problem.name = "conflict"
                raise

        return telling

    patch.replace("auth.apikeys:ApiKeys.rotate", factory)


def _more(patch: Patch, like: str, method: str, path: str | None = None) -> None:
    """Adds an operation like another one, with a method or a path that the contract does not know."""

    def factory(add: Function, hit: Hit) -> Function:
        def generous(app: Any, operation: Operation) -> None:
            add(app, operation)
            if operation.name == like:
                hit()
                app.add_api_route(
                    path or operation.path, operation.endpoint, methods=[method], name=operation.name,
                    openapi_extra={"security": operation.ways()},
                )  # fmt: skip

        return generous

    patch.replace("auth.app:add", factory)


@defect(
    "auth.method-beyond-the-contract",
    breaks=["AUTH-209"],
    says="An account can be shut out by GET too, which browsers and crawlers send by themselves.",
    partial=True,
)
def method_beyond_the_contract(patch: Patch) -> None:
    _more(patch, "disableUser", "GET")


@defect(
    "auth.operation-beyond-the-contract",
    breaks=["AUTH-209"],
    says="Accounts are listed under a second address, which stands in no contract.",
    partial=True,
)
def operation_beyond_the_contract(patch: Patch) -> None:
    _more(patch, "listUsers", "GET", "/internal/users")

"""Lists that lose or repeat entries, believe cursors and limits, and profiles that are overwritten."""

import time
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, select

from reference.auth.database import users
from reference.auth.routes.users import _LARGEST_PAGE
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.cursor-believed",
    breaks=["REST-09"],
    says="A cursor is read without asking whether it was given out like that.",
    partial=True,
)
def cursor_believed(patch: Patch) -> None:
    def factory(mac: Function, hit: Hit) -> Function:
        def constant(self: Any, question: Any, payload: bytes) -> bytes:
            hit()
            return b"0" * 16

        return constant

    patch.replace("auth.pages:Cursors._mac", factory)


@defect(
    "auth.cursor-of-any-question",
    breaks=["REST-09"],
    says="A cursor of one question goes on with the answer to another.",
    partial=True,
)
def cursor_of_any_question(patch: Patch) -> None:
    def factory(mac: Function, hit: Hit) -> Function:
        def blind(self: Any, question: Any, payload: bytes) -> Any:
            hit()
            return mac(self, None, payload)

        return blind

    patch.replace("auth.pages:Cursors._mac", factory)


@defect(
    "auth.last-page-says-more",
    breaks=["REST-09"],
    says="A last page that is full says that there is one more.",
    partial=True,
)
def last_page_says_more(patch: Patch) -> None:
    def factory(list_members: Function, hit: Hit) -> Function:
        def hopeful(self: Any, wanted: Any, limit: int, cursor: str | None) -> Any:
            found, following = list_members(self, wanted, limit, cursor)
            if following is None and len(found) == limit:
                hit()
                place = (found[-1]["created_at"].isoformat(), found[-1]["id"])
                following = self._cursors.write(vars(wanted), place)
            return found, following

        return hopeful

    patch.replace("auth.members:Members.list", factory)


@defect(
    "auth.pages-by-offset",
    breaks=["REST-09"],
    says="Pages are counted from the newest account, so that what is added meanwhile shifts them.",
    partial=True,
)
def pages_by_offset(patch: Patch) -> None:
    def factory(list_members: Function, hit: Hit) -> Function:
        def counted(self: Any, wanted: Any, limit: int, cursor: str | None) -> Any:
            hit()
            question = vars(wanted)
            start = int(self._cursors.read(question, cursor)[0]) if cursor is not None else 0
            query = select(users).where(*wanted.conditions()).order_by(users.c.created_at.desc())
            total = select(func.count()).select_from(users).where(*wanted.conditions())
            with self._database.transaction() as connection:
                page = connection.execute(query.offset(start).limit(limit)).mappings().all()
                more = start + len(page) < (connection.scalar(total) or 0)
            return page, self._cursors.write(question, [str(start + limit)]) if more else None

        return counted

    patch.replace("auth.members:Members.list", factory)


@defect(
    "auth.page-as-large-as-asked",
    breaks=["REST-09"],
    says="Limits over the largest are taken, and as many accounts told as were asked for.",
    partial=True,
)
def page_as_large_as_asked(patch: Patch) -> None:
    def factory(add: Function, _hit: Hit) -> Function:
        def loose(app: Any, operation: Any) -> None:
            add(app, operation)
            if operation.name == "listUsers":
                found = next(one for one in app.routes[-1].dependant.query_params if one.name == "limit")
                found._type_adapter = TypeAdapter(int)

        return loose

    def counting(list_: Function, hit: Hit) -> Function:
        def told(self: Any, wanted: Any, limit: int, cursor: Any) -> Any:
            if limit > _LARGEST_PAGE:
                hit()
            return list_(self, wanted, limit, cursor)

        return told

    patch.replace("auth.app:add", factory)
    patch.replace("auth.members:Members.list", counting)


@defect(
    "auth.address-is-a-pattern",
    breaks=["AUTH-191"],
    says="What has a meaning in patterns has it in the filter by address too.",
    partial=True,
)
def address_is_a_pattern(patch: Patch) -> None:
    def factory(conditions: Function, hit: Hit) -> Function:
        def loose(self: Any) -> Any:
            if self.email is None:
                return conditions(self)
            hit()
            return [*conditions(replace(self, email=None)), users.c.email.like(f"{self.email.lower()}%")]

        return loose

    patch.replace("auth.members:Wanted.conditions", factory)


@defect(
    "auth.filters-exclude-each-other",
    breaks=["AUTH-191"],
    says="A list that is asked for by role and by state is by role alone.",
    partial=True,
)
def filters_exclude_each_other(patch: Patch) -> None:
    def factory(conditions: Function, hit: Hit) -> Function:
        def first_only(self: Any) -> Any:
            if self.role is None or self.is_active is None:
                return conditions(self)
            hit()
            return conditions(replace(self, is_active=None))

        return first_only

    patch.replace("auth.members:Wanted.conditions", factory)


@defect(
    "auth.weak-tags-match",
    breaks=["REST-11"],
    says="A state in If-Match is compared without its quotes and without the mark of a weak one.",
    partial=True,
)
def weak_tags_match(patch: Patch) -> None:
    def factory(tags: Function, hit: Hit) -> Function:
        def lenient(headers: list[str]) -> Any:
            found = tags(headers)
            if found is None:
                return None
            hit()
            return [f'"{tag.removeprefix("W/").strip(chr(34))}"' for tag in found]

        return lenient

    patch.replace("auth.routes.users:_tags", factory)


@defect(
    "auth.state-compared-before",
    breaks=["REST-11"],
    says="Whether a profile still is as it was read is asked before it is held, so that of several changes each is taken.",
    partial=True,
)
def state_compared_before(patch: Patch) -> None:
    def factory(update_profile: Function, hit: Hit) -> Function:
        def early(
            self: Any, user_id: str, full_name: str | None, accepts: Any, key_id: str | None = None
        ) -> Any:
            found = self.get(user_id)
            if found is None or not accepts(found):
                return update_profile(self, user_id, full_name, accepts, key_id)
            hit()
            time.sleep(0.2)
            return update_profile(self, user_id, full_name, lambda _: True, key_id)

        return early

    patch.replace("auth.accounts:Accounts.update_profile", factory)

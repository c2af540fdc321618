"""What a defect may change, and the refusal of changes that would do nothing."""

import functools
import importlib
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from reference.defects import points
from reference.defects.errors import DefectError

Function: TypeAlias = Callable[..., Any]
Hit: TypeAlias = Callable[[], None]

_READ_TEXT = "common.files:read_text"
_MISTAKES = (AttributeError, ImportError, NameError, TypeError)
_HERE = str(Path(__file__).parent)


class Patch:
    """Changes a service for one defect, before it starts."""

    def __init__(self, name: str, hit: Hit, failed: Hit) -> None:
        self.name, self._failed = name, failed
        self.settings: dict[str, Any] = {}
        self.variables: dict[str, str] = {}
        self._hit = hit
        self._undo: list[Callable[[], None]] = []
        self._changed = self._counted = False

    def hit(self) -> None:
        """Counts one occasion on which the service did what is wrong."""
        self._hit()

    def replace(self, point: str, factory: Function) -> None:
        """Puts something else in the place of `module:name` or `module:Class.name`, for everyone who took it.

        factory(original, hit) makes what calls hit() on the occasions on which it does wrong; factory(original) makes
        what does wrong at each call. For a constant that cannot tell, say with `counts` who goes wrong by it.
        """
        found = self._find(point)
        tells = len(inspect.signature(factory).parameters) > 1
        made = factory(found.original, self.hit) if tells else factory(found.original)
        if found.is_callable:
            self._put(found, self._prepared(found, made, tells))
            self._counted = True
        else:
            self._put(found, self._different(found, made))
            self._counted = self._counted or tells
        self._changed = True

    def counts(self, point: str) -> None:
        """Leaves a function as it is and counts a hit at each call of it."""
        found = self._find(point)
        if not found.is_callable:
            raise DefectError(f"{self.name}: {point} is no function whose calls could be counted")
        self._put(found, counting(found.original, self.hit))
        self._counted = True

    def overlay(self, file: str, change: Callable[[str], str]) -> None:
        """Changes the text of a file below `reference/` as services read it; each reading is a hit."""
        found = self._find(_READ_TEXT)
        try:
            before = found.original(file)
        except OSError:
            raise DefectError(f"{self.name}: there is no file {file} to change") from None
        after = change(before)
        if after == before:
            raise DefectError(f"{self.name}: {file} would stay as it is")

        def read_text(name: str) -> str:
            if name != file:
                return str(found.original(name))
            self.hit()
            return after

        self._put(found, read_text)
        self._changed = self._counted = True

    def setting(self, name: str, value: Any) -> None:
        """Starts the service with a setting other than was asked for; say with `counts` where it goes wrong by it."""
        service = self.name.partition(".")[0]
        known = importlib.import_module(f"reference.{service}.settings").describe()
        if name not in known:
            raise DefectError(f"{self.name}: {service} has no setting {name}")
        self.settings[name] = value
        self._changed = True

    def environment(self, name: str, value: str) -> None:
        """Starts the service with a variable of its environment; say with `counts` where it goes wrong by it."""
        self.variables[name] = value
        self._changed = True

    def check(self) -> None:
        """Refuses a defect that changes nothing, or whose hits nobody counts."""
        if not self._changed:
            raise DefectError(f"{self.name}: changes nothing")
        if not self._counted:
            raise DefectError(
                f"{self.name}: nothing counts its hits; name the function that goes wrong with counts()"
            )

    def undo(self) -> None:
        """Puts everything back."""
        while self._undo:
            self._undo.pop()()

    def _find(self, point: str) -> points.Point:
        try:
            return points.find(point)
        except DefectError as error:
            raise DefectError(f"{self.name}: {error}") from None

    def _put(self, found: points.Point, replacement: Any) -> None:
        try:
            self._undo.append(points.put(found, replacement))
        except DefectError as error:
            raise DefectError(f"{self.name}: {error}") from None

    def _different(self, found: points.Point, value: Any) -> Any:
        if type(value) is type(found.original) and value == found.original:
            raise DefectError(f"{self.name}: {found.text} would stay as it is")
        return value

    def _prepared(self, found: points.Point, made: Any, tells: bool) -> Any:
        if made is found.original:
            raise DefectError(f"{self.name}: {found.text} would stay as it is")
        if not callable(made):
            raise DefectError(f"{self.name}: {found.text} is a function and its replacement is not")
        if inspect.iscoroutinefunction(made) != inspect.iscoroutinefunction(found.original):
            raise DefectError(f"{self.name}: {found.text} and its replacement must both be async, or neither")
        if not takes_the_same(made, found.original):
            raise DefectError(f"{self.name}: {found.text} and its replacement take different arguments")
        if inspect.isclass(found.original):
            return made if tells else counting_class(made, self.hit)
        functools.update_wrapper(made, found.original)
        guarded = watching(made, self._failed)
        return guarded if tells else counting(guarded, self.hit)


def takes_the_same(made: Function, original: Function) -> bool:
    """Whether a replacement can be called as the original is, with few arguments and with all."""
    wanted = inspect.signature(original).parameters.values()
    by_place = [one for one in wanted if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    named = {one.name: None for one in wanted if one.kind is one.KEYWORD_ONLY}
    required = [one for one in by_place if one.default is one.empty]
    try:
        inspect.signature(made).bind(*required, **named)
        inspect.signature(made).bind(*by_place, **named)
    except TypeError:
        return False
    return True


def watching(function: Function, failed: Hit) -> Function:
    """The same function, which tells when it fails by a mistake of its own: a name or an argument that the service does not have."""
    place = function.__code__.co_filename

    def tell(error: BaseException) -> None:
        *_, last = traceback.extract_tb(error.__traceback__)
        if last.filename == place or last.filename.startswith(_HERE):
            failed()

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def watched_later(*arguments: Any, **named: Any) -> Any:
            try:
                return await function(*arguments, **named)
            except _MISTAKES as error:
                tell(error)
                raise

        return watched_later

    @functools.wraps(function)
    def watched(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except _MISTAKES as error:
            tell(error)
            raise

    return watched


def counting(function: Function, hit: Hit) -> Function:
    """The same function, each call of it a hit."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def counted_later(*arguments: Any, **named: Any) -> Any:
            hit()
            return await function(*arguments, **named)

        return counted_later

    @functools.wraps(function)
    def counted(*arguments: Any, **named: Any) -> Any:
        hit()
        return function(*arguments, **named)

    return counted


def counting_class(made: Any, hit: Hit) -> Any:
    """The same class, each instance made a hit."""

    class Counted(made):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            hit()
            super().__init__(*arguments, **named)

    return functools.update_wrapper(Counted, made, updated=())

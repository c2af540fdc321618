"""The platform that the test runs against, as calls need it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from robot.running.context import EXECUTION_CONTEXTS

from assay.core.ledger import Ledger
from assay.core.platform import Platform
from assay.core.reach import Way
from assay.core.run import current
from assay.evidence.redact import conceal
from assay.http.operations import Operation, Rules, Service
from assay.http.sources import own_address

_known: WeakKeyDictionary[Platform, dict[str, Operation]] = WeakKeyDictionary()


def run_id() -> str:
    """The id of the run."""
    return current().id


def current_ledger() -> Ledger | None:
    """Where is written down what is made, None where the platform goes away whole."""
    return current().ledger


def source_of_the_test(run: str) -> str:
    """The loopback address from which the test that runs calls; in a suite's set-up, the suite's."""
    return own_address(f"{run}/{running()}")


def running() -> str:
    """The full name of the test that runs, or of the suite while it sets up or tears down."""
    context = EXECUTION_CONTEXTS.current
    item = getattr(context, "test", None) or getattr(context, "suite", None)
    return str(item.full_name) if item is not None else ""


def running_suite() -> str:
    """The full name of the suite that runs."""
    suite = getattr(EXECUTION_CONTEXTS.current, "suite", None)
    return str(suite.full_name) if suite is not None else ""


def service_named(name: str) -> Service:
    """Where a service of the platform in use is."""
    platform = current().platform
    return Service(name, platform.url(name), _way(platform, name))


def secret_named(name: str) -> str:
    """A secret of the target, which is kept out of all that is written from now on."""
    found = current().platform.secret(name)
    conceal(found, "secret")
    return found


def operation_of(operation: str) -> Operation:
    """An operation of the platform in use, by its name with its service: `auth.logIn`."""
    platform = current().platform
    operations = _known.get(platform)
    if operations is None:
        _conceal_accounts(platform)
        operations = _known[platform] = {}
    if operation not in operations:
        spelling = platform.spelling(operation)
        service, _, name = operation.partition(".")
        contract = platform.contract(service)
        rules = Rules(contract, contract.operations[name])
        operations[operation] = Operation(
            Service(service, platform.url(service), _way(platform, service)),
            spelling,
            rules,
            platform.dialect(service).key_header,
        )
    return operations[operation]


def _way(platform: Platform, service: str) -> Way:
    way = platform.way(service)
    for one in (way.proxy, way.certificate):
        if one and one.password:
            conceal(one.password, "password")
    if way.proxy and way.proxy.authorization:
        conceal(way.proxy.authorization.partition(" ")[2], "credentials")
    return way


def _conceal_accounts(platform: Platform) -> None:
    for account in platform.ready.get("accounts", {}).values():
        if password := account.get("password"):
            conceal(str(password), "password")

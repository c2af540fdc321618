"""The platform that the test runs against, as calls need it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from robot.running.context import EXECUTION_CONTEXTS

from assay.core.platform import Platform
from assay.core.run import current
from assay.evidence.redact import conceal
from assay.http.operations import Operation, Rules, Service
from assay.http.sources import own_address

_known: WeakKeyDictionary[Platform, dict[str, Operation]] = WeakKeyDictionary()


def run_id() -> str:
    """The id of the run."""
    return current().id


def source_of_the_test(run: str) -> str:
    """The loopback address from which the test that runs calls; in a suite's set-up, the suite's."""
    context = EXECUTION_CONTEXTS.current
    item = getattr(context, "test", None) or getattr(context, "suite", None)
    return own_address(f"{run}/{item.full_name if item is not None else ''}")


def service_named(name: str) -> Service:
    """Where a service of the platform in use is."""
    platform = current().platform
    return Service(name, platform.url(name), platform.ca)


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
            Service(service, platform.url(service), platform.ca), spelling, rules
        )
    return operations[operation]


def _conceal_accounts(platform: Platform) -> None:
    for account in platform.ready.get("accounts", {}).values():
        if password := account.get("password"):
            conceal(str(password), "password")

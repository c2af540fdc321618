"""Defects: named faults that can be switched on as a service starts, without a trace of them in the service's code.

A launcher switches them on in the process that is to become the service, before it is put together; its modules may
have been imported already:

    chosen = defects.choose(names, files)             # UnknownDefect: there is none
    changes = defects.apply(chosen, hits.counter)     # DefectError: one would not take effect
    settings = {**asked_for, **changes.settings}      # and changes.environment over the service's environment

counter(name) gives what is called at each hit, and counter(name + FAILED) what is called when a defect's own code fails. `listing()` is what the command `defects` prints.
"""

from reference.defects.errors import DefectError, UnknownDefect
from reference.defects.patching import Function, Hit, Patch
from reference.defects.registry import FAILED, Changes, Defect, apply, choose, defect, listing, load

__all__ = [
    "FAILED",
    "Changes",
    "Defect",
    "DefectError",
    "Function",
    "Hit",
    "Patch",
    "UnknownDefect",
    "apply",
    "choose",
    "defect",
    "listing",
    "load",
]

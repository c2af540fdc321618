"""Why a platform does not come up, in one line and an exit status."""


class LaunchError(Exception):
    """The platform could not be started."""

    status = 3


class BadRequest(LaunchError):
    """What was asked for does not exist or cannot be."""

    status = 2


class PatchPointMissing(LaunchError):
    """A defect wants to change something that is not there."""

    status = 4


class Stopped(Exception):
    """The platform was told to stop while it was still starting."""

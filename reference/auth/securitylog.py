"""The security log of auth."""

from reference.common import securitylog


class SecurityLog(securitylog.SecurityLog):
    """Appends the events of auth to a file."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "auth")

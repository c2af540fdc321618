"""Why a defect cannot be switched on, in one line."""


class DefectError(Exception):
    """The defect would not take effect as it is written."""


class UnknownDefect(DefectError):
    """There is no defect of that name, or no such file of defects."""

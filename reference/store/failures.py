"""What a failing disk means to a caller."""

import errno

from reference.common import problems, web

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def problem_of(error: BaseException) -> problems.Problem:
    """The problem that stands for an error; one that nobody thought of goes to the log besides."""
    if isinstance(error, problems.Problem):
        return error
    if isinstance(error, OSError):
        web.log_notice(f"a call of the system failed: {errno.errorcode.get(error.errno or 0, 'unknown')}")
        return problems.Problem("storage-full") if error.errno in _FULL else problems.unavailable()
    web.log_error(error)
    return problems.unavailable()

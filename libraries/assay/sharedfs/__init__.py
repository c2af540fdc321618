"""Helpers of SharedFsLibrary: locks as several processes see them, system calls, faults of a file system."""

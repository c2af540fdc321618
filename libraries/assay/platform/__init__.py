"""Helpers of `PlatformLibrary`."""

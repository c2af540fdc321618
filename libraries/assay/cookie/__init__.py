"""Helpers of `CookieLibrary`."""

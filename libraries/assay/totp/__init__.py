"""Helpers of `TotpLibrary`."""

"""Helpers of FaultLibrary."""

"""Starts the reference platform, keeps it, and takes it down with itself."""

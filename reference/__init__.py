"""The reference platform: real services that keep every promise, and the defects that break them one at a time."""

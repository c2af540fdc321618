"""The defects of auth, by topic."""

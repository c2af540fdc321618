"""The defects of the store, by topic."""

"""Documents, names and schemas to try a store with."""

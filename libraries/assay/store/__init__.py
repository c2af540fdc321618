"""The store at each of its doors."""

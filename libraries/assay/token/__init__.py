"""Tokens: their raw form, keys, forgeries, and what can be learned from them offline."""

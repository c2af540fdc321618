"""Sealed files: read through a declared layout, opened independently of the product, tampered with, searched for leaks."""

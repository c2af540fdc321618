"""Published test vectors.

Read from a folder of the user's, sorted by what a strict platform must do with them.
"""

"""Assay: keyword libraries that judge a platform from outside."""

"""Calls by the names of services and methods, over gRPC and over what no client of gRPC would send."""

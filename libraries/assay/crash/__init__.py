"""What CrashLibrary stands on: links between a service and what it keeps things in, and what is said on them."""

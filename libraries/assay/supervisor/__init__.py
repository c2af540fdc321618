"""The process that owns the platforms of a run and stops them when the run's root process ends, however it ends."""

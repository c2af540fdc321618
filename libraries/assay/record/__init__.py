"""What RecordLibrary stands on."""

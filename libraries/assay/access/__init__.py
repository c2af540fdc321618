"""What AccessLibrary stands on."""

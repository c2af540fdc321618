"""What TlsLibrary stands on."""

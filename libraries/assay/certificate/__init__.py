"""What CertificateLibrary stands on."""

"""What AuditLibrary stands on."""

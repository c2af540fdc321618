"""What MailLibrary stands on."""

"""The mail stand-in: a real SMTP server whose mailbox can be read over HTTP."""

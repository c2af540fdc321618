"""What answers say of limits."""

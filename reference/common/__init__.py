"""What the services of the reference platform share."""

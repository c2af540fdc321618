"""Key pairs of subscribers, and what is wrapped for them."""

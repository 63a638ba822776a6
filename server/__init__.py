"""What carries a request. Its request path knows nothing of properties."""

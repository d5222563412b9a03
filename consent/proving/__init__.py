"""A pack's own boundary cases, each put before the functions that decide. Pure."""

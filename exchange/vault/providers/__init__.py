"""Homes for key-encryption keys. Each is a `KeyProvider`, and all pass one shared test file."""

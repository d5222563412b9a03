"""The GraphQL types, one noun per file. They resolve from plain values and know nothing of the service."""

"""The GraphQL door: from an HTTP request to a journey for each root field, and back to bytes."""

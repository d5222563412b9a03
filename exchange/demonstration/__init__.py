"""DEMONSTRATION ONLY: made-up members, borrowers and consents on this machine. Never used by the running service."""

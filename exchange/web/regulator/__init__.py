"""The pages of auditors: people at a regulator, who sign in with passkeys alone."""

"""The code lists of other formats and ours, both ways."""

"""The terms of the field as closed lists and small values, one noun per file."""

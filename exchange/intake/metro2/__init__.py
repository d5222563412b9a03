"""The Metro 2 character format: layout, code lists, reader."""

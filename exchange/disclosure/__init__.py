"""From opened rows to the report: first taken away what may not be shown, then given its shape."""

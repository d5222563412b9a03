"""From a checked operation and a grant to what is to be read, before anything is read."""

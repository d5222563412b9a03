"""The law as data: what a rule is, how rules are resolved, and one pack for each jurisdiction."""

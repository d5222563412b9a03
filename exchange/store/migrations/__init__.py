"""The steps that made the tables, numbered; run by `exchange.store.migrate`."""

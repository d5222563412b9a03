"""Run by Alembic for every upgrade, on the connection that `exchange.store.migrate` hands over."""

from alembic import context

from exchange.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()

"""What alembic runs: the scripts, in the transaction that alertd/store/migrate.py has begun."""

from alembic import context

from alertd.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()

"""The entry for Alembic: runs the migrations in the transaction of the connection that `ops.database` hands in."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()

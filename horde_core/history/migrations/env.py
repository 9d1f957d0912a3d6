"""What Alembic runs: the steps that are missing, in one transaction on the connection that it is given."""

from alembic import context

from horde_core.history.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,  # whose names of keys and indexes the steps use
    transactional_ddl=True,
)
context.run_migrations()

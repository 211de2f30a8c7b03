"""What alembic runs for every command; `services.database.migrate` hands it a connection."""

from alembic import context

from services.database import tables
from services.database.base import Base

assert tables  # noqa: S101 - importing it is what makes the metadata whole

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can't alter tables; alembic copies them instead.
    render_as_batch=True,
    transactional_ddl=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()

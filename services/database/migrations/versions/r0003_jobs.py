"""Jobs, their items, and each tenant's turn among all."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_STATES = ("queued", "waiting", "running", "succeeded", "failed", "cancelled")


def upgrade() -> None:
    """Go on to this version."""
    op.add_column("tenants", sa.Column("job_weight", sa.Double(), nullable=True))
    op.add_column("tenants", sa.Column("job_running", sa.Integer(), nullable=True))
    op.create_table(
        "job_shares",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("virtual_s", sa.Double(), nullable=False),
        sa.Column("charged_s", sa.Double(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("item_s", sa.Double(), nullable=False),
        sa.Column("held_until_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_job_shares"),
    )
    op.create_index("ix_job_shares_ready_virtual_s", "job_shares", ["ready", "virtual_s"])
    _create_jobs()
    _create_items()
    at_work = sa.text("answer IS NULL")
    op.create_index(
        "ix_creations_lease_until_s", "creations", ["lease_until_s"], sqlite_where=at_work, postgresql_where=at_work
    )  # partial: whoever works on jobs looks often whether a call is at work


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("key", sa.String(200), nullable=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("created_s", sa.Double(), nullable=False),
        sa.Column("ended_s", sa.Double(), nullable=True),
        sa.Column("expires_s", sa.Double(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        *(sa.Column(state, sa.Integer(), nullable=False) for state in _STATES),
        sa.Column("compute_s", sa.Double(), nullable=False),
        sa.Column("megapixels", sa.Double(), nullable=False),
        sa.Column("swept", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("tenant", "key", name="uq_jobs_tenant_key"),
    )
    ready = sa.text("state = 'ACTIVE' AND queued > 0")
    op.create_index(
        "ix_jobs_ready", "jobs", ["tenant", "priority", "created_s", "id"],
        sqlite_where=ready, postgresql_where=ready,
    )  # fmt: skip
    op.create_index("ix_jobs_tenant_state_created_s_id", "jobs", ["tenant", "state", "created_s", "id"])
    op.create_index("ix_jobs_tenant_created_s_id", "jobs", ["tenant", "created_s", "id"])
    op.create_index("ix_jobs_expires_s", "jobs", ["expires_s"])
    unswept = sa.text("NOT swept AND ended_s IS NOT NULL")
    op.create_index("ix_jobs_unswept", "jobs", ["ended_s"], sqlite_where=unswept, postgresql_where=unswept)


def _create_items() -> None:
    op.create_table(
        "job_items",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("image", sa.Text(), nullable=False),
        sa.Column("overrides", sa.Text(), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(32), nullable=True),
        sa.Column("lease_until_s", sa.Double(), nullable=True),
        sa.Column("retry_at_s", sa.Double(), nullable=True),
        sa.Column("began_s", sa.Double(), nullable=True),
        sa.Column("ended_s", sa.Double(), nullable=True),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("period_s", sa.Double(), nullable=False),
        sa.Column("charged_s", sa.Double(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(40), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_job_items"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_items_job_id", ondelete="CASCADE"),
        sa.UniqueConstraint("job_id", "key", name="uq_job_items_job_id_key"),
    )
    op.create_index("ix_job_items_job_id_state_number", "job_items", ["job_id", "state", "number"])
    op.create_index("ix_job_items_job_id_version", "job_items", ["job_id", "version"])
    for column, state in (("lease_until_s", "RUNNING"), ("retry_at_s", "WAITING")):
        only = sa.text(f"state = '{state}'")
        op.create_index(
            f"ix_job_items_{column}", "job_items", [column], sqlite_where=only, postgresql_where=only
        )  # partial: few items are in either state at once


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index("ix_creations_lease_until_s", "creations")
    op.drop_table("job_items")
    op.drop_table("jobs")
    op.drop_table("job_shares")
    op.drop_column("tenants", "job_running")
    op.drop_column("tenants", "job_weight")

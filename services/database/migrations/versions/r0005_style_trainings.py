"""Trainings of styles."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Go on to this version."""
    op.create_table(
        "style_trainings",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("key", sa.String(200), nullable=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("style_id", sa.String(63), nullable=False),
        sa.Column("description", sa.String(200), nullable=False),
        sa.Column("pictures", sa.Text(), nullable=False),
        sa.Column("picture_count", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("learning_rate", sa.Double(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("created_s", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until_s", sa.Double(), nullable=True),
        sa.Column("retry_at_s", sa.Double(), nullable=True),
        sa.Column("began_s", sa.Double(), nullable=True),
        sa.Column("ended_s", sa.Double(), nullable=True),
        sa.Column("expires_s", sa.Double(), nullable=True),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.Column("loss", sa.Double(), nullable=False),
        sa.Column("kept_key", sa.String(512), nullable=True),
        sa.Column("kept_step", sa.Integer(), nullable=False),
        sa.Column("loss_plot", sa.Text(), nullable=True),
        sa.Column("sample_sheet", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(40), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_style_trainings"),
        sa.UniqueConstraint("tenant", "key", name="uq_style_trainings_tenant_key"),
    )
    op.create_index("ix_style_trainings_tenant_created_s_id", "style_trainings", ["tenant", "created_s", "id"])
    for name, column, states in (
        ("queued", "created_s", "state = 'QUEUED'"),
        ("held", "lease_until_s", "state IN ('RUNNING', 'CANCELLING')"),
    ):
        only = sa.text(states)
        op.create_index(
            f"ix_style_trainings_{name}", "style_trainings", [column], sqlite_where=only, postgresql_where=only
        )
    op.create_index("ix_style_trainings_expires_s", "style_trainings", ["expires_s"])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("style_trainings")
    # The code before knows no such scope, and would not read the keys that have it.
    op.execute("UPDATE api_keys SET scopes = TRIM(REPLACE(' ' || scopes || ' ', ' train ', ' '))")

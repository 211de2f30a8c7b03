"""Limits of tenants, calls at work, and what was done."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

#: Of a tenant; NULL is the service's own limit.
_LIMITS: tuple[tuple[str, Any], ...] = (
    ("rate_per_s", sa.Double()),
    ("burst", sa.Integer()),
    ("quota_items", sa.Integer()),
    ("quota_megapixels", sa.Double()),
    ("content_policy", sa.Boolean()),
)


def upgrade() -> None:
    """Go on to this version."""
    for name, kind in _LIMITS:
        op.add_column("tenants", sa.Column(name, kind, nullable=True))
    op.create_table(
        "rate_buckets",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_rate_buckets"),
    )
    op.create_table(
        "quota_periods",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("began_s", sa.Double(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("megapixels", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "began_s", name="pk_quota_periods"),
    )
    _create_creations()
    _create_usage()


def _create_creations() -> None:
    op.create_table(
        "creations",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("lease_until_s", sa.Double(), nullable=False),
        sa.Column("period_s", sa.Double(), nullable=False),
        sa.Column("expires_s", sa.Double(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_creations"),
    )
    op.create_index("ix_creations_expires_s", "creations", ["expires_s"])


def _create_usage() -> None:
    op.create_table(
        "usage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("megapixels", sa.Double(), nullable=False),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.Column("decode_s", sa.Double(), nullable=False),
        sa.Column("segment_s", sa.Double(), nullable=False),
        sa.Column("layout_s", sa.Double(), nullable=False),
        sa.Column("generate_s", sa.Double(), nullable=False),
        sa.Column("postprocess_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_usage"),
    )
    op.create_index("ix_usage_tenant_day", "usage", ["tenant", "day"])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index("ix_usage_tenant_day", "usage")
    op.drop_table("usage")
    op.drop_index("ix_creations_expires_s", "creations")
    op.drop_table("creations")
    op.drop_table("quota_periods")
    op.drop_table("rate_buckets")
    for name, _ in _LIMITS:
        op.drop_column("tenants", name)

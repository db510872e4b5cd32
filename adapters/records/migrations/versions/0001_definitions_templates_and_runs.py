"""Definitions, prompt templates and runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registry_entries",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "id"),
    )
    op.create_table(
        "runs",
        sa.Column("origin", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("definition_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("current_step", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("inputs_hash", sa.Text(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
    )
    with op.batch_alter_table("runs") as batch_op:
        batch_op.create_index(
            "runs_by_definition", ["definition_id", "tenant", "started_at", "origin"], unique=False
        )
        batch_op.create_index("runs_by_run_id", ["run_id", "started_at"], unique=False)
        batch_op.create_index("runs_by_start", ["tenant", "started_at", "origin"], unique=False)
        batch_op.create_index("runs_by_status", ["status", "tenant", "started_at", "origin"], unique=False)

    op.create_table(
        "registry_versions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["kind", "id"], ["registry_entries.kind", "registry_entries.id"], name="registry_versions_entry"
        ),
        sa.PrimaryKeyConstraint("kind", "id", "version"),
    )


def downgrade() -> None:
    op.drop_table("registry_versions")
    with op.batch_alter_table("runs") as batch_op:
        batch_op.drop_index("runs_by_status")
        batch_op.drop_index("runs_by_start")
        batch_op.drop_index("runs_by_run_id")
        batch_op.drop_index("runs_by_definition")

    op.drop_table("runs")
    op.drop_table("registry_entries")

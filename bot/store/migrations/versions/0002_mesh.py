"""The table of MeSH descriptors.

Revision 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bot.store.schema import Utc

revision = "0002"
down_revision = "0001"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "mesh",
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("imported_at", Utc(), nullable=False),
        sa.Column("descriptors", JSON, nullable=False),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_mesh")),
    )


def downgrade() -> None:
    op.drop_table("mesh")

"""What each source said of a record, the decisions between those, relations and notices.

Revision 0003.  Deduplication compares what the sources said, not what was merged of it, so that
the order of arrival does not matter; `database.upgrade` fills `citations` for the records that are
there.  Titles are no longer keys of records.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bot.store.schema import Utc

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "citations",
        sa.Column("id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("packed", sa.String(), nullable=False),
        sa.Column("scheme", sa.Integer(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_citations_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citations")),
    )
    op.create_index("ix_citations_record_id", "citations", ["record_id"])
    op.create_table(
        "citation_keys",
        sa.Column("key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("citation_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["citation_id"], ["citations.id"], name=op.f("fk_citation_keys_citation_id")
        ),
        sa.PrimaryKeyConstraint("key", "citation_id", name=op.f("pk_citation_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decisions",
        sa.Column("citation_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("strength", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["citation_id"], ["citations.id"], name=op.f("fk_decisions_citation_id")
        ),
        sa.ForeignKeyConstraint(["other_id"], ["citations.id"], name=op.f("fk_decisions_other_id")),
        sa.PrimaryKeyConstraint("citation_id", "other_id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_other_id", "decisions", ["other_id"])
    op.create_table(
        "rulings",
        sa.Column("id", ID, nullable=False),
        sa.Column("citation_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["citation_id"], ["citations.id"], name=op.f("fk_rulings_citation_id")
        ),
        sa.ForeignKeyConstraint(["other_id"], ["citations.id"], name=op.f("fk_rulings_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulings")),
    )
    op.create_index("ix_rulings_citation_id", "rulings", ["citation_id"])
    op.create_index("ix_rulings_other_id", "rulings", ["other_id"])
    op.create_table(
        "joins",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joins")),
    )
    op.create_index("ix_joins_other_id", "joins", ["other_id"])
    op.create_index("ix_joins_record_id", "joins", ["record_id"])
    op.create_table(
        "relations",
        sa.Column("id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("inverse", sa.Boolean(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("other_id", ID, nullable=True),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_relations_record_id")),
        sa.ForeignKeyConstraint(["other_id"], ["records.id"], name=op.f("fk_relations_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relations")),
        sa.UniqueConstraint(
            "record_id",
            "kind",
            "inverse",
            "scheme",
            "value",
            "citation",
            name=op.f("uq_relations_record_id_kind_inverse_scheme_value_citation"),
        ),
    )
    op.create_index("ix_relations_other_id", "relations", ["other_id"])
    op.create_index("ix_relations_scheme_value", "relations", ["scheme", "value"])
    op.create_table(
        "notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("other_id", ID, nullable=True),
        sa.Column("pmid", sa.String(), nullable=False),
        sa.Column("doi", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("published", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_notices_record_id")),
        sa.ForeignKeyConstraint(["other_id"], ["records.id"], name=op.f("fk_notices_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "record_id", "kind", "identity", name=op.f("uq_notices_record_id_kind_identity")
        ),
    )
    op.create_index("ix_notices_other_id", "notices", ["other_id"])
    op.create_table(
        "told_notices",
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("told_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_told_notices_notice_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_told_notices_subscription_id")
        ),
        sa.PrimaryKeyConstraint("notice_id", "subscription_id", name=op.f("pk_told_notices")),
    )
    op.create_index("ix_told_notices_subscription_id", "told_notices", ["subscription_id"])
    op.create_table(
        "shown",
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_shown_record_id")),
        sa.PrimaryKeyConstraint("part", "record_id", name=op.f("pk_shown")),
    )
    op.create_index("ix_shown_record_id", "shown", ["record_id"])
    op.add_column("records", sa.Column("read_at", Utc()))
    op.add_column("sightings", sa.Column("citation_id", ID))
    op.create_index("ix_sightings_citation_id", "sightings", ["citation_id"])
    op.add_column("outbox", sa.Column("replaces", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "ix_outbox_replaces",
        "outbox",
        ["replaces"],
        sqlite_where=sa.text("replaces != ''"),
        postgresql_where=sa.text("replaces != ''"),
    )
    op.create_index("ix_told_record_id", "told", ["record_id"])
    op.execute("DELETE FROM record_keys WHERE scheme = 'title'")


def downgrade() -> None:
    op.drop_index("ix_told_record_id", "told")
    op.drop_index("ix_outbox_replaces", "outbox")
    op.drop_column("outbox", "replaces")
    op.drop_index("ix_sightings_citation_id", "sightings")
    op.drop_column("sightings", "citation_id")
    op.drop_column("records", "read_at")
    op.drop_table("shown")
    op.drop_table("told_notices")
    op.drop_table("notices")
    op.drop_table("relations")
    op.drop_table("joins")
    op.drop_table("rulings")
    op.drop_table("decisions")
    op.drop_table("citation_keys")
    op.drop_table("citations")

"""The first tables.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bot.store.schema import Utc

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "bodies",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_bodies")),
    )
    op.create_table(
        "known_ids",
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("query", "key", name=op.f("pk_known_ids")),
    )
    op.create_table(
        "leases",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_leases")),
    )
    op.create_table(
        "owed",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("given_up_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("source", "task", "key", name=op.f("pk_owed")),
    )
    op.create_table(
        "quarantine",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("source", "task", "key", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "queries",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("baseline_at", Utc(), nullable=True),
        sa.Column("swept_at", Utc(), nullable=True),
        sa.Column("feeds_matched_at", Utc(), nullable=True),
        sa.Column("translation", sa.String(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queries")),
    )
    op.create_table(
        "query_changes",
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("gained", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("query", "changed_at", name=op.f("pk_query_changes")),
    )
    op.create_table(
        "records",
        sa.Column("id", ID, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("first_seen", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
    )
    op.create_table(
        "runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Integer(), nullable=False),
        sa.Column("owed", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("warnings", JSON, nullable=False),
        sa.Column("translation", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(
        "ix_runs_source_task_started_at", "runs", ["source", "task", "started_at"], unique=False
    )
    op.create_table(
        "source_states",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.Column("retry_at", Utc(), nullable=True),
        sa.Column("address", sa.String(), server_default="", nullable=False),
        sa.Column("complete_at", Utc(), nullable=True),
        sa.Column("new_at", Utc(), nullable=True),
        sa.Column("coverage", sa.String(), server_default="", nullable=False),
        sa.Column("coverage_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("source", "task", name=op.f("pk_source_states")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("cadence", JSON, nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("next_due", Utc(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(
        "ix_subscriptions_next_due", "subscriptions", ["active", "next_due"], unique=False
    )
    op.create_table(
        "watermarks",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("cursor", JSON, nullable=False),
        sa.Column("moved_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("source", "task", name=op.f("pk_watermarks")),
    )
    op.create_table(
        "digests",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("composed_at", Utc(), nullable=False),
        sa.Column("searched_through", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_digests_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint(
            "subscription_id", "due_at", name=op.f("uq_digests_subscription_id_due_at")
        ),
    )
    op.create_table(
        "matches",
        sa.Column("record_id", ID, nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("concepts_met", sa.Integer(), server_default="0", nullable=False),
        sa.Column("matched_at", Utc(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_matches_record_id")),
        sa.PrimaryKeyConstraint("record_id", "query", name=op.f("pk_matches")),
    )
    op.create_index(
        "ix_matches_query_answer_matched_at",
        "matches",
        ["query", "answer", "matched_at"],
        unique=False,
    )
    op.create_table(
        "record_keys",
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_keys_record_id")
        ),
        sa.PrimaryKeyConstraint("scheme", "value", "record_id", name=op.f("pk_record_keys")),
    )
    op.create_index(op.f("ix_record_keys_record_id"), "record_keys", ["record_id"], unique=False)
    op.create_index(
        "uq_record_keys_pmid",
        "record_keys",
        ["value"],
        unique=True,
        sqlite_where=sa.text("scheme = 'pmid'"),
        postgresql_where=sa.text("scheme = 'pmid'"),
    )
    op.create_table(
        "sightings",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_sightings_record_id")),
        sa.PrimaryKeyConstraint("source", "task", "key", name=op.f("pk_sightings")),
    )
    op.create_index(op.f("ix_sightings_record_id"), "sightings", ["record_id"], unique=False)
    op.create_index(op.f("ix_sightings_seen_at"), "sightings", ["seen_at"], unique=False)
    op.create_table(
        "subscription_queries",
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_subscription_queries_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", "query", name=op.f("pk_subscription_queries")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest_id", ID, nullable=True),
        sa.Column("subscription_id", ID, nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("reply_to", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", Utc(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("claimed_at", Utc(), nullable=True),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["body"], ["bodies.hash"], name=op.f("fk_outbox_body")),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_outbox_digest_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_outbox_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_state_not_before", "outbox", ["state", "not_before"], unique=False)
    op.create_table(
        "told",
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("digest_id", ID, nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("confirmed_in", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["confirmed_in"], ["digests.id"], name=op.f("fk_told_confirmed_in")
        ),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_told_digest_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_told_record_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_told_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", "record_id", name=op.f("pk_told")),
    )


def downgrade() -> None:
    op.drop_table("told")
    op.drop_index("ix_outbox_state_not_before", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("subscription_queries")
    op.drop_index(op.f("ix_sightings_seen_at"), table_name="sightings")
    op.drop_index(op.f("ix_sightings_record_id"), table_name="sightings")
    op.drop_table("sightings")
    op.drop_index(
        "uq_record_keys_pmid",
        table_name="record_keys",
        sqlite_where=sa.text("scheme = 'pmid'"),
        postgresql_where=sa.text("scheme = 'pmid'"),
    )
    op.drop_index(op.f("ix_record_keys_record_id"), table_name="record_keys")
    op.drop_table("record_keys")
    op.drop_index("ix_matches_query_answer_matched_at", table_name="matches")
    op.drop_table("matches")
    op.drop_table("digests")
    op.drop_table("watermarks")
    op.drop_index("ix_subscriptions_next_due", table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_table("source_states")
    op.drop_index("ix_runs_source_task_started_at", table_name="runs")
    op.drop_table("runs")
    op.drop_table("records")
    op.drop_table("query_changes")
    op.drop_table("queries")
    op.drop_table("quarantine")
    op.drop_table("owed")
    op.drop_table("leases")
    op.drop_table("known_ids")
    op.drop_table("bodies")

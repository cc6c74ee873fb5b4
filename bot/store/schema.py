"""The tables.  What differs between SQLite and PostgreSQL is only a column type, said here once."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.errors import StoreError


class Utc(sa.TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite keeps no offset, so it is taken off and put back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise StoreError(f"a time without a zone cannot be stored: {value.isoformat()}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite's rowid must be INTEGER
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


records = sa.Table(
    "records",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("body", Json, nullable=False),  # the whole model.Record
    sa.Column("first_seen", Utc, nullable=False),
    sa.Column("changed_at", Utc, nullable=False),
)

record_keys = sa.Table(  # what a record is found by: identifiers and the folded title
    "record_keys",
    metadata,
    sa.Column("scheme", sa.String, primary_key=True),  # pmid, doi, pmcid, title
    sa.Column("value", sa.String, primary_key=True),
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), primary_key=True, index=True),
    sa.Index(
        "uq_record_keys_pmid",
        "value",
        unique=True,
        sqlite_where=sa.text("scheme = 'pmid'"),
        postgresql_where=sa.text("scheme = 'pmid'"),
    ),
)

sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), nullable=False, index=True),
    sa.Column("rule", sa.String, nullable=False),  # the rule of deduplication; "" for a new one
    sa.Column("seen_at", Utc, nullable=False, index=True),
)

matches = sa.Table(
    "matches",
    metadata,
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), primary_key=True),
    sa.Column("query", sa.String, primary_key=True),
    sa.Column("answer", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("source", sa.String, nullable=False),  # who said so
    sa.Column("concepts_met", sa.Integer, nullable=False, server_default="0"),
    sa.Column("matched_at", Utc, nullable=False),
    sa.Column("asked_at", Utc),  # when PubMed was last asked to decide an unknown one
    sa.Index("ix_matches_query_answer_matched_at", "query", "answer", "matched_at"),
)

known_ids = sa.Table(  # found by the query in its sweep window, and not to be told
    "known_ids",
    metadata,
    sa.Column("query", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # baseline, or gained by a change
    sa.Column("since", Utc, nullable=False),
)

watermarks = sa.Table(
    "watermarks",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("cursor", Json, nullable=False),
    sa.Column("moved_at", Utc, nullable=False),
)

owed = sa.Table(  # listed by the source, asked for twice, and still absent
    "owed",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("since", Utc, nullable=False),
    sa.Column("given_up_at", Utc),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("since", Utc, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("task", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("started_at", Utc, nullable=False),
    sa.Column("reported", sa.Integer, nullable=False),
    sa.Column("known", sa.Integer, nullable=False),
    sa.Column("new", sa.Integer, nullable=False),
    sa.Column("merged", sa.Integer, nullable=False),
    sa.Column("owed", sa.Integer, nullable=False),
    sa.Column("quarantined", sa.Integer, nullable=False),
    sa.Column("matched", sa.Integer, nullable=False),
    sa.Column("problem", sa.String, nullable=False),  # empty for a complete run
    sa.Column("warnings", Json, nullable=False),
    sa.Column("translation", sa.String, nullable=False),
    sa.Index("ix_runs_source_task_started_at", "source", "task", "started_at"),
)

source_states = sa.Table(
    "source_states",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),  # ok, failing, muted
    sa.Column("since", Utc, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("problem", sa.String, nullable=False, server_default=""),
    sa.Column("retry_at", Utc),
    sa.Column("address", sa.String, nullable=False, server_default=""),  # a new one unmutes
    sa.Column("complete_at", Utc),  # the last complete poll began then
    sa.Column("new_at", Utc),  # the last time that something new came
    sa.Column("coverage", sa.String, nullable=False, server_default=""),  # of a silent feed
    sa.Column("coverage_at", Utc),
)

queries = sa.Table(
    "queries",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("strategy", sa.String, nullable=False),
    sa.Column("since", Utc, nullable=False),
    sa.Column("baseline_at", Utc),  # none: the baseline is still to be taken
    sa.Column("swept_at", Utc),
    sa.Column("feeds_matched_at", Utc),  # none: what the feeds have shown is still to be matched
    sa.Column("translation", sa.String, nullable=False, server_default=""),
    sa.Column("active", sa.Boolean, nullable=False),
)

query_changes = sa.Table(  # announced once, in the next digest
    "query_changes",
    metadata,
    sa.Column("query", sa.String, primary_key=True),
    sa.Column("changed_at", Utc, primary_key=True),
    sa.Column("strategy", sa.String, nullable=False),  # the text before the change
    sa.Column("gained", sa.Integer, nullable=False),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("cadence", Json, nullable=False),
    sa.Column("layout", sa.String, nullable=False),
    sa.Column("quiet", sa.Boolean, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("next_due", Utc, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Index("ix_subscriptions_next_due", "active", "next_due"),
)

subscription_queries = sa.Table(
    "subscription_queries",
    metadata,
    sa.Column("subscription_id", Id, sa.ForeignKey("subscriptions.id"), primary_key=True),
    sa.Column("query", sa.String, primary_key=True),
    sa.Column("since", Utc, nullable=False),
)

digests = sa.Table(
    "digests",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("subscription_id", Id, sa.ForeignKey("subscriptions.id"), nullable=False),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("composed_at", Utc, nullable=False),
    sa.Column("searched_through", sa.String, nullable=False),  # ISO date, or empty
    sa.Column("records", sa.Integer, nullable=False),
    sa.UniqueConstraint("subscription_id", "due_at"),
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("subscription_id", Id, sa.ForeignKey("subscriptions.id"), primary_key=True),
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), primary_key=True),
    sa.Column("digest_id", Id, sa.ForeignKey("digests.id"), nullable=False),
    sa.Column("answer", sa.String, nullable=False),  # as it was told first: yes or unknown
    sa.Column("confirmed_in", Id, sa.ForeignKey("digests.id")),  # told again as a real match
)

bodies = sa.Table(
    "bodies",
    metadata,
    sa.Column("hash", sa.String, primary_key=True),
    sa.Column("content", Json, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("digest_id", Id, sa.ForeignKey("digests.id")),
    sa.Column("subscription_id", Id, sa.ForeignKey("subscriptions.id")),  # none: to the operator
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("body", sa.String, sa.ForeignKey("bodies.hash"), nullable=False),
    sa.Column("values", Json, nullable=False),
    sa.Column("reply_to", sa.String, nullable=False),  # the key of the part that this one answers
    sa.Column("state", sa.String, nullable=False),  # pending, sending, sent, unknown, failed
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before", Utc, nullable=False),
    sa.Column("claimed_by", sa.String, nullable=False),
    sa.Column("claimed_at", Utc),
    sa.Column("receipt", sa.String, nullable=False),
    sa.Column("problem", sa.String, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("sent_at", Utc),
    sa.Index("ix_outbox_state_not_before", "state", "not_before"),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("holder", sa.String, nullable=False),
    sa.Column("until", Utc, nullable=False),
)

mesh = sa.Table(  # one row: the file of headings that was imported last
    "mesh",
    metadata,
    sa.Column("file", sa.String, primary_key=True),
    sa.Column("fingerprint", sa.String, nullable=False),  # of the descriptors
    sa.Column("imported_at", Utc, nullable=False),
    sa.Column("descriptors", Json, nullable=False),  # a list of [name, ui, tree numbers]
)

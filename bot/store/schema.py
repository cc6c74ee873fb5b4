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
    sa.Column("read_at", Utc),  # when PubMed last gave it whole
)

record_keys = sa.Table(  # the identifiers of a record
    "record_keys",
    metadata,
    sa.Column("scheme", sa.String, primary_key=True),  # pmid, doi, pmcid
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

citations = sa.Table(  # what one source says of a record; a record is one or more of these
    "citations",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), nullable=False, index=True),
    sa.Column("packed", sa.String, nullable=False),  # what deduplication compares
    sa.Column("scheme", sa.Integer, nullable=False),  # how it is packed and keyed
    sa.Column("body", Json, nullable=False),  # the model.Record as it was shown
    sa.Column("seen_at", Utc, nullable=False),
)

citation_keys = sa.Table(  # what finds the citations that may be the same
    "citation_keys",
    metadata,
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("citation_id", Id, sa.ForeignKey("citations.id"), primary_key=True),
    sqlite_with_rowid=False,
)

decisions = sa.Table(  # pairs of citations that are the same or related
    "decisions",
    metadata,
    sa.Column("citation_id", Id, sa.ForeignKey("citations.id"), primary_key=True),  # the smaller
    sa.Column("other_id", Id, sa.ForeignKey("citations.id"), primary_key=True, index=True),
    sa.Column("verdict", sa.String, nullable=False),  # same, related
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("fields", Json, nullable=False),  # those that decided
    sa.Column("strength", sa.Integer, nullable=False),  # the strongest joins first
)

rulings = sa.Table(  # decided by hand, or by a source that shows one key again
    "rulings",
    metadata,
    sa.Column("id", Id, primary_key=True),  # the last one about a pair counts
    sa.Column("citation_id", Id, sa.ForeignKey("citations.id"), nullable=False, index=True),
    sa.Column("other_id", Id, sa.ForeignKey("citations.id"), nullable=False, index=True),
    sa.Column("verdict", sa.String, nullable=False),  # together, apart
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("at", Utc, nullable=False),
)

joins = sa.Table(  # records that became one, or two, after they were saved
    "joins",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # join, split
    sa.Column("record_id", Id, nullable=False, index=True),  # it stays
    sa.Column("other_id", Id, nullable=False, index=True),  # it went into the other, or came out
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("at", Utc, nullable=False),
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
    sa.Column("citation_id", Id, index=True),  # none: listed by its PMID alone
)

relations = sa.Table(  # what one record says of another: model.Relation
    "relations",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), nullable=False),  # it says so
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("inverse", sa.Boolean, nullable=False),
    sa.Column("scheme", sa.String, nullable=False),  # pmid, doi, record; "" for a citation alone
    sa.Column("value", sa.String, nullable=False),
    sa.Column("citation", sa.String, nullable=False),
    sa.Column("basis", sa.String, nullable=False),  # pubmed, feed, title
    sa.Column("other_id", Id, sa.ForeignKey("records.id"), index=True),  # where it is stored
    sa.Column("noted_at", Utc, nullable=False),
    sa.UniqueConstraint("record_id", "kind", "inverse", "scheme", "value", "citation"),
    sa.Index("ix_relations_scheme_value", "scheme", "value"),
)

notices = sa.Table(  # what happened to a study: model.Notice
    "notices",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), nullable=False),  # the study
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("identity", sa.String, nullable=False),  # which of several of a kind
    sa.Column("other_id", Id, sa.ForeignKey("records.id"), index=True),
    sa.Column("pmid", sa.String, nullable=False),  # of the other one
    sa.Column("doi", sa.String, nullable=False),
    sa.Column("citation", sa.String, nullable=False),
    sa.Column("published", sa.String, nullable=False),  # ISO date, partial or empty
    sa.Column("basis", sa.String, nullable=False),
    sa.Column("noted_at", Utc, nullable=False),
    sa.UniqueConstraint("record_id", "kind", "identity"),
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
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), primary_key=True, index=True),
    sa.Column("digest_id", Id, sa.ForeignKey("digests.id"), nullable=False),
    sa.Column("answer", sa.String, nullable=False),  # as it was told first: yes or unknown
    sa.Column("confirmed_in", Id, sa.ForeignKey("digests.id")),  # told again as a real match
)

told_notices = sa.Table(
    "told_notices",
    metadata,
    sa.Column("notice_id", Id, sa.ForeignKey("notices.id"), primary_key=True),
    sa.Column(
        "subscription_id", Id, sa.ForeignKey("subscriptions.id"), primary_key=True, index=True
    ),
    sa.Column("part", sa.String, nullable=False),  # the outbox key; "": shown with the study
    sa.Column("told_at", Utc, nullable=False),
)

shown = sa.Table(  # which message part shows which record
    "shown",
    metadata,
    sa.Column("part", sa.String, primary_key=True),  # the outbox key
    sa.Column("record_id", Id, sa.ForeignKey("records.id"), primary_key=True, index=True),
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
    sa.Column("replaces", sa.String, nullable=False, server_default=""),  # that it corrects
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
    sa.Index(
        "ix_outbox_replaces",
        "replaces",
        sqlite_where=sa.text("replaces != ''"),
        postgresql_where=sa.text("replaces != ''"),
    ),
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

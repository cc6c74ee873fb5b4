"""The database: SQLAlchemy Core tables, and plain functions that take a connection."""

from sqlalchemy import Connection, Engine

__all__ = ["Connection", "Engine"]

"""Sealed spans of the log as typed Parquet files; events that lie in them may leave PostgreSQL."""

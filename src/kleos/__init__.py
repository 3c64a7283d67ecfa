"""Kleos: a self-hosted server for game statistics, leaderboards and achievements."""

__version__ = "0.1.0"

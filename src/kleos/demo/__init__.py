"""Bots that play real games against a Kleos server, through its public API."""

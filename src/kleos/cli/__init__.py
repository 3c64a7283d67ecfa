"""The command line: `kleos`."""

from kleos.cli.app import main

__all__ = ["main"]

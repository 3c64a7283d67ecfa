"""Definitions: the file that describes a game, loaded, checked, and compared with the version before."""

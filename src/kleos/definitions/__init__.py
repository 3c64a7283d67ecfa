"""The versions of a game's definition: looking at them, comparing them, trying, putting and restoring one."""

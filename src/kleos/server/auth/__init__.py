"""Who is asking, and what they may do: keys, tokens, limits, and the log of who changed what."""

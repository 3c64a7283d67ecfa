"""The documented APIs of others, one module each: their paths and shapes over the same engine."""

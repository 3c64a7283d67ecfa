"""Benchmarks, each against a peer, in one run."""

"""Benchmarks: they print, and never fail a test on a time."""

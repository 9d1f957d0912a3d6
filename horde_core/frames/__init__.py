"""Pandas DataFrames for screens and files."""

"""Bytes from the API and the model reference, read into validated records."""

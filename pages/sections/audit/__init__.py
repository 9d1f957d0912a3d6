"""What the audit page draws."""

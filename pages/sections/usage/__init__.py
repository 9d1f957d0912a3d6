"""What the usage page draws."""

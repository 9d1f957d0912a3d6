"""What the model page draws."""

"""One DataFrame a screen."""

"""What was recorded, read back: pure functions over selects, and one reader that all visitors share."""

"""What exists in the simulated Horde: names, models, their records, and when the reference has them."""

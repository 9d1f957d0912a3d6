"""The past of the simulated Horde: the rows that its recorder would have written, computed when they are read."""

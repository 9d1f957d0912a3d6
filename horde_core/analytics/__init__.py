"""What the API says of a category, understood: look-ups, names, the merge, groups, statistics. Pure."""

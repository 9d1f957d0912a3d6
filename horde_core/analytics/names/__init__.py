"""Names: which model of the reference a name of the API belongs to, one by one and in bulk."""

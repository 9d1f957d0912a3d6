"""Sources, cache and merge put together: snapshots, and what is derived from them."""

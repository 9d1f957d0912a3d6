"""What scripts can ask, and the answers: one table for the routes and the command line."""

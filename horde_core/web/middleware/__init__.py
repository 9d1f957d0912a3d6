"""ASGI middleware: bounds on what clients can make the app do, and headers for browsers."""

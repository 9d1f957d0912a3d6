"""The history: what the API said, kept from the first start on. SQLAlchemy is loaded only where it is asked."""

"""The most that is read of a body: what is beyond is left out or cut before it is kept, counted and told.

Each is some ten times what the network has today, so that its growth reaches none for years, and a body at all of them
costs a process no more than some hundred MiB. How long a body may be is a bound of :mod:`horde_core.upstream.client`.
"""

MOST_VALUES = 1_000_000
"""Values of a body, counted by its commas; a body with more is refused unread. Today's largest has 28 thousand."""

MOST_NAMES = 100_000
"""Names with usage in a category, those with the most; today there are 9,300."""

MOST_ROWS = 50_000
"""Rows of the status, workers, records of a reference; today's longest list has 1,900."""

MOST_MODELS_OF_A_WORKER = 10_000
"""Names that one worker lists; all models of the image reference are some 300."""

MOST_PARTS = 100
"""Downloads, and tags, of one record; today at most a dozen."""

LONGEST_NAME = 500
"""Characters of a name or of a tag; the API itself allows models 255."""

LONGEST_TEXT = 5_000
"""Characters of a text such as a description, or of an address; today's longest has 645."""

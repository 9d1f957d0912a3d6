"""A simulated Horde: seeded, in process, without a network, behind the same HTTP client.

Every body is a pure function of the seed and the clock. Three layers, each knowing only those above it:

* what exists: `seeded`, `catalogue`
* who asks and who serves: `demand`, `image_traffic`, `text_traffic`, `workers`, `queues`
* how it is asked for: `transport`

All names of models, authors, workers, owners and teams are made up from the lists in `catalogue.words`.
"""

from horde_core.demo.transport import DemoTransport

__all__ = ["DemoTransport"]

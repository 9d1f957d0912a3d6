"""The core of the AI-Horde dashboard: live data, cached, merged with the model reference, and audited.

Usable from a script or a notebook::

    from horde_core import HordeAPIIntegration

    horde = HordeAPIIntegration.shared()
    status, usage, workers = horde.get_combined_data_indexed("text")

The public names are listed in ``__init__.pyi``; each is imported when it is first asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

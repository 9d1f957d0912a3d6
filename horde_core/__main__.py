"""``python -m horde_core``: see :mod:`horde_core.command_line`."""

import sys

from horde_core.command_line import main

sys.exit(main(sys.argv[1:]))

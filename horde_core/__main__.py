"""``python -m horde_core``: see :mod:`horde_core.command_line`."""

import gc
import sys

gc.disable()  # a command ends before its garbage would matter; looking for it takes a tenth of its time

from horde_core.command_line import main  # noqa: E402

sys.exit(main(sys.argv[1:]))

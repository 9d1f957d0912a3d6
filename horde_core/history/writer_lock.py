"""WriterLock: at most one process writes; the lock ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class WriterLock:
    """A lock on a file that lies beside the database. Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock, or keep it; return whether this process has it now. Raises ``OSError`` without its folder."""
        if self._descriptor is not None and self._is_ours(self._descriptor):
            return True
        self.release()
        descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return self._is_ours(descriptor)

    def release(self) -> None:
        """Give the lock back; no effect without it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_ours(self, descriptor: int) -> bool:
        """Whether the file that is locked is still the one that others would lock."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except FileNotFoundError:
            return False

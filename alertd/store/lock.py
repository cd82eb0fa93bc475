"""One alertd works on an SQLite store at a time; a lock beside the file names the holder."""

import fcntl
import os
from datetime import datetime
from pathlib import Path

from alertd.errors import StoreBusy, StoreError
from alertd.store.place import remedy


class Lock:
    """The right to work on one database file, until `release` or the end of the process, kill -9 included."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, file: Path, now: datetime) -> "Lock":
        """Take it, or say who has it.

        Raises:
            StoreBusy: another process works on the file.
            StoreError: the lock cannot be written.
        """
        beside = file.with_name(f"{file.name}.lock")
        try:
            descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError as error:
            raise StoreError(f"no folder {file.parent} for the database: create it, or change storage.url") from error
        except OSError as error:
            raise StoreError(f"{beside} cannot be written ({error.strerror}): {remedy(beside, file)}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise StoreBusy(f"{file} is in use by {holder}: stop it, or wait until it has ended") from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {now:%Y-%m-%dT%H:%M:%SZ}\n".encode(), 0)
        except OSError:
            # The lock is held all the same; only its note to others is missing (a full disk).
            pass
        return cls(descriptor)

    def release(self) -> None:
        """Let another process take it. The file stays: removing it would let two take it at once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _holder(descriptor: int) -> str:
    """Who wrote the note; the holder may be just about to."""
    words = os.pread(descriptor, 200, 0).decode(errors="replace").split()
    if len(words) != 2:
        return "another alertd"
    return f"process {words[0]} since {words[1]}"

"""The file of events that the server did not count: what they were and why, so that they can be mended and sent."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from kleos.client.segments import sync_folder
from kleos.client.troubles import FailedEvent, Kind

FILE_NAME: Final = "dead-letters.ndjson"


class DeadLetter(msgspec.Struct, frozen=True):
    """One line of the file; ``event`` is the JSON that was sent."""

    why: str
    error: str
    event: msgspec.Raw


class DeadLetters:
    """Appends to the file of one spool; ``size_bytes`` counts towards the spool's limit."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.size_bytes = _without_torn_line(self.path) if self.path.exists() else 0

    def add(self, kind: Kind, events: Sequence[FailedEvent]) -> None:
        """Durable when this returns. Raises OSError."""
        lines = [DeadLetter(kind, event.error, msgspec.Raw(event.payload)) for event in events]
        data = msgspec.json.Encoder().encode_lines(lines)
        is_new = not self.path.exists()
        opened = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(opened, view) :]
            os.fsync(opened)
            self.size_bytes += len(data)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(opened, self.size_bytes)
            raise
        finally:
            os.close(opened)
        if is_new:
            sync_folder(self.path.parent)


def _without_torn_line(path: Path) -> int:
    """Cut off what a crash left unfinished, whose events are sent again; the size that remains."""
    whole = path.read_bytes()
    size_bytes = whole.rfind(b"\n") + 1
    if size_bytes < len(whole):
        os.truncate(path, size_bytes)
    return size_bytes


def read_dead_letters(folder: Path) -> list[DeadLetter]:
    """The dead letters of a spool's folder; none where there is no file."""
    path = folder / FILE_NAME
    return msgspec.json.Decoder(DeadLetter).decode_lines(path.read_bytes()) if path.exists() else []

"""Recorded events on disk, from the moment they are written until the server has answered for them.

One thread appends and syncs, one sender takes and acknowledges; any thread may read the counts.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kleos.client.errors import SpoolError
from kleos.client.frames import Damage, Record, frame, read_frames
from kleos.client.segments import Segment, SegmentWriter, find_segments, lock_folder

SEGMENT_BYTES: Final = 256 * 1024
"""From this size on a new file is begun. After a crash at most the last file is sent again from its start."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one segment, from where it was acknowledged last; ``end`` is where the next ones start."""

    segment: Segment
    records: tuple[Record, ...]
    damages: tuple[Damage, ...]
    end: int


class Spool:
    """The folder of one game's events. Raises SpoolInUse where it is open already, SpoolError where it cannot be."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock_file = lock_folder(folder)
            self._segments = deque(find_segments(folder))
        except OSError as error:
            raise SpoolError(f"the spool {folder} cannot be used: {error}") from error
        self._next_number = self._segments[-1].number + 1 if self._segments else 1
        self._writer: SegmentWriter | None = None
        self._changed = threading.Condition()
        self._is_closed = False
        self._answered_events = 0
        self._oldest_at_us: int | None = None
        self.on_append: Callable[[], None] = lambda: None
        self.size_bytes = sum(segment.size_bytes for segment in self._segments)
        self.stored_events = sum(segment.events for segment in self._segments)

    def append(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Write these (time in µs, JSON); they are read from now on, and durable after :meth:`sync`.

        Raises OSError where the disk does not take them; then none of them is there.
        """
        data = b"".join([frame(payload, at_us) for at_us, payload in records])
        writer = self._writer_with_room()
        try:
            writer.append(data)
        except OSError:
            if writer.is_spoiled:
                self._end_segment()
            raise
        with self._changed:
            if self.pending_events == 0:
                self._oldest_at_us = records[0][0]
            writer.segment.size_bytes += len(data)
            writer.segment.events += len(records)
            self.size_bytes += len(data)
            self.stored_events += len(records)
        self.on_append()

    def sync(self) -> None:
        """Make durable what was appended. Raises OSError."""
        if self._writer is not None:
            self._writer.sync()

    def take(self, max_events: int) -> Batch | None:
        """The oldest events that are not acknowledged, of one segment; the same again until they are."""
        with self._changed:
            segment = next((one for one in self._segments if one.position < one.size_bytes), None)
            if segment is None or self._is_closed:
                return None
            start, stop = segment.position, segment.size_bytes
        batch = _first_of(segment, start, stop, _read(segment.path, start, stop), max_events)
        if batch.records:
            with self._changed:
                self._oldest_at_us = batch.records[0].recorded_at_us
        return batch

    def acknowledge(self, batch: Batch) -> None:
        """The server has answered for these: they are not taken again, and files that are done are deleted."""
        with self._changed:
            if self._is_closed:
                return
            segment = batch.segment
            segment.position = batch.end
            segment.is_damaged |= any(not damage.is_torn for damage in batch.damages)
            lines = len(batch.records) + sum(not damage.is_torn for damage in batch.damages)
            self._answer(segment, min(segment.events, segment.done + lines))
            self._retire()
            self._changed.notify_all()

    def wait_until_answered(self, stored_events: int, deadline_s: float) -> bool:
        """Whether the first so many stored events are answered for before this moment of the monotonic clock."""
        with self._changed:
            while self._answered_events < stored_events and not self._is_closed:
                rest_s = deadline_s - time.monotonic()
                if rest_s <= 0:
                    return False
                self._changed.wait(rest_s)
            return self._answered_events >= stored_events

    @property
    def pending_events(self) -> int:
        with self._changed:
            return self.stored_events - self._answered_events

    @property
    def oldest_pending_at_us(self) -> int | None:
        with self._changed:
            return self._oldest_at_us if self.pending_events else None

    def close(self) -> None:
        """Let go of the folder; what is not acknowledged stays in it. Raises OSError where it cannot be synced."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            self._changed.notify_all()
        try:
            self.sync()
        finally:
            self._end_segment()
            os.close(self._lock_file)

    def abandon(self) -> None:
        """Close the inherited files in the child of a fork; the parent goes on with them."""
        self._changed = threading.Condition()
        self._is_closed = True
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        os.close(self._lock_file)

    def _answer(self, segment: Segment, done: int) -> None:
        self._answered_events += done - segment.done
        segment.done = done

    def _writer_with_room(self) -> SegmentWriter:
        if self._writer is not None and self._writer.segment.size_bytes >= self._segment_bytes:
            self.sync()
            self._end_segment()
        if self._writer is None:
            number, self._next_number = self._next_number, self._next_number + 1
            self._writer = SegmentWriter(self.folder, number)
            with self._changed:
                self._segments.append(self._writer.segment)
        return self._writer

    def _end_segment(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        with self._changed:
            self._retire()

    def _retire(self) -> None:
        """Delete the files that are done; one with damage is kept under another name, to be looked at."""
        while self._segments:
            segment = self._segments[0]
            is_being_written = self._writer is not None and self._writer.segment is segment
            if is_being_written or segment.position < segment.size_bytes:
                return
            self._segments.popleft()
            self._answer(segment, segment.events)
            self.size_bytes -= segment.size_bytes
            if segment.is_damaged and segment.path.exists():
                segment.path.replace(segment.path.with_suffix(".damaged"))
            else:
                segment.path.unlink(missing_ok=True)


def _read(path: Path, start: int, stop: int) -> bytes:
    """What is left of a file that somebody else may have cut or deleted."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)
    except FileNotFoundError:
        return b""


def _first_of(segment: Segment, start: int, stop: int, data: bytes, max_events: int) -> Batch:
    records: list[Record] = []
    damages: list[Damage] = []
    end = 0
    for found in read_frames(data):
        if isinstance(found, Record):
            records.append(found)
        else:
            damages.append(found)
        end = found.end
        if len(records) == max_events:
            return Batch(segment, tuple(records), tuple(damages), start + end)
    if start + len(data) < stop:
        damages.append(Damage(len(data), stop - start, is_torn=False))
    return Batch(segment, tuple(records), tuple(damages), stop)

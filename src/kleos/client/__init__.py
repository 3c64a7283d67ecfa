"""The Python client of a Kleos server.

>>> from kleos.client import Kleos
>>> with Kleos("http://127.0.0.1:8000", key="…") as kleos:
...     kleos.send("arcade", {"type": "score_submitted", "player": "ada", "score": 9.5, "game_mode": "timed"})
...     kleos.board("arcade", "total_score", window="week").entries

A game server that must not wait, nor lose an event with the network, records:

>>> with kleos.recorder("arcade", spool="/var/lib/my-game/spool") as recorder:
...     recorder.record("score_submitted", player="ada", score=9.5, game_mode="timed")

Who wants to see what changes listens: :class:`kleos.client.Feed`.
"""

from kleos.client.async_recorder import AsyncRecorder
from kleos.client.asynchronous import AsyncKleos
from kleos.client.backoff import Backoff
from kleos.client.errors import (
    KleosAPIError,
    KleosClientError,
    KleosConnectionError,
    RecorderClosed,
    SpoolError,
    SpoolFull,
    SpoolInUse,
)
from kleos.client.feed import Feed, Message
from kleos.client.recorder import Recorder
from kleos.client.recording import RecorderSettings, Statistics
from kleos.client.retry import RetryPolicy
from kleos.client.synchronous import Kleos
from kleos.client.troubles import FailedEvent, Kind, Trouble

__all__ = [
    "AsyncKleos",
    "AsyncRecorder",
    "Backoff",
    "FailedEvent",
    "Feed",
    "Kind",
    "Kleos",
    "KleosAPIError",
    "KleosClientError",
    "KleosConnectionError",
    "Message",
    "Recorder",
    "RecorderClosed",
    "RecorderSettings",
    "RetryPolicy",
    "SpoolError",
    "SpoolFull",
    "SpoolInUse",
    "Statistics",
    "Trouble",
]

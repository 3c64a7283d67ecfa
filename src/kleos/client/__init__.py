"""The Python client of a Kleos server.

>>> from kleos.client import Kleos
>>> with Kleos("http://127.0.0.1:8000", key="…") as kleos:
...     kleos.send("arcade", {"type": "score_submitted", "player": "ada", "score": 9.5, "game_mode": "timed"})
...     kleos.board("arcade", "total_score", window="week").entries
"""

from kleos.client.asynchronous import AsyncKleos
from kleos.client.errors import KleosAPIError, KleosClientError, KleosConnectionError
from kleos.client.retry import RetryPolicy
from kleos.client.synchronous import Kleos

__all__ = ["AsyncKleos", "Kleos", "KleosAPIError", "KleosClientError", "KleosConnectionError", "RetryPolicy"]

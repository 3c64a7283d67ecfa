"""How long the database takes: every statement is timed, and a slow one is told, without its arguments."""

import logging
from typing import Any, Final

from kleos.telemetry.spread import SECONDS, Spread

SLOW_STATEMENT_S: Final = 0.5
_SHOWN_CHARACTERS: Final = 300

logger = logging.getLogger(__name__)


class Statements:
    """The statements of one pool since the start."""

    def __init__(self, slow_s: float = SLOW_STATEMENT_S) -> None:
        self.seconds = Spread(SECONDS)
        self.slow = 0
        self._slow_s = slow_s

    def note(self, logged: Any) -> None:
        """Hears of a statement that ended, as ``asyncpg.Connection.add_query_logger`` tells it."""
        elapsed_s: float = logged.elapsed
        self.seconds.add(elapsed_s)
        if elapsed_s >= self._slow_s:
            self.slow += 1
            text = " ".join(logged.query.split())[:_SHOWN_CHARACTERS]
            logger.warning("a statement took %.3f s: %s", elapsed_s, text)

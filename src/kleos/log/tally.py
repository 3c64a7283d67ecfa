"""What one game's commits came to since the start, for whoever watches the server."""

from dataclasses import dataclass, field

from kleos.telemetry.spread import EVENTS, SECONDS, Spread


@dataclass(slots=True)
class Tally:
    """Events by verdict; commits by size (events) and time (seconds); what went wrong with them."""

    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    rejected: int = 0
    retries: int = 0
    failures: int = 0
    commit_events: Spread = field(default_factory=lambda: Spread(EVENTS))
    commit_s: Spread = field(default_factory=lambda: Spread(SECONDS))

"""A game in force: one version of its definition, compiled, with its calendar. Replaced whole when either changes."""

from dataclasses import dataclass, field

from kleos.core.definition.model import Achievement, Board, Definition, Sheet
from kleos.core.errors import NotFound
from kleos.core.plan import Plan
from kleos.core.windows import Calendar
from kleos.moderation.corrected import Corrected


@dataclass(frozen=True, slots=True)
class Game:
    """``appearances`` is the relation that says who appears in which match: another than that in force only for a game
    that is being made beside it."""

    definition: Definition
    plan: Plan
    version: int
    calendar: Calendar
    calendar_version: int
    corrected: Corrected = field(default_factory=Corrected)
    appearances: str = "kleos.appearances"

    @property
    def name(self) -> str:
        return self.definition.game

    @property
    def namespace(self) -> str:
        return self.definition.namespace

    def board(self, name: str) -> Board:
        found = self.definition.boards.get(name)
        if found is None:
            raise NotFound("board", name, sorted(self.definition.boards))
        return found

    def sheet(self, name: str) -> Sheet:
        found = self.definition.sheets.get(name)
        if found is None:
            raise NotFound("sheet", name, sorted(self.definition.sheets))
        return found

    def achievement(self, name: str) -> Achievement:
        found = self.definition.achievements.get(name)
        if found is None:
            raise NotFound("achievement", name, sorted(self.definition.achievements))
        return found

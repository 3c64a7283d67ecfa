"""The checks of a definition: what every fact of an event must meet."""

from kleos.core.definition.events import Events
from kleos.core.definition.model import Check
from kleos.core.definition.scopes import condition
from kleos.core.definition.selectors import read_selector
from kleos.core.definition.tables import Table


def read_checks(game: Table, events: Events) -> tuple[Check, ...]:
    checks = []
    for table in game.list("checks"):
        read = read_selector(table, events)
        if read is not None:
            selector, scope = read
            that = condition(table, "that", scope)
            if that is not None:
                checks.append(Check(selector, that, table.text("reason")))
    return tuple(checks)

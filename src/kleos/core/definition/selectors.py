"""Which facts of which events a table speaks of: its ``event``, ``for`` and ``where``."""

from kleos.core.definition.events import Events
from kleos.core.definition.model import Selector
from kleos.core.definition.problems import did_you_mean, shown
from kleos.core.definition.scopes import Scope, condition, for_clause
from kleos.core.definition.tables import Table


def read_selector(table: Table, events: Events) -> tuple[Selector, Scope] | None:
    """The selector, and what the expressions after it may use; None where these cannot be judged.

    A ``where`` that is wrong is reported and left out, so that what follows it is still looked at.
    """
    if "event" not in table or "for" in table.broken:
        return None
    event = table.text("event")
    scope = events.scopes.get(event)
    if scope is None:
        table.problem("event", f"there is no event type {shown(event)}", did_you_mean(event, events.scopes))
        return None
    each = None
    if "for" in table:
        each = for_clause(table, "for", scope)
        if each is None:
            return None
        scope = Scope(each.scope, scope.broken - set(each.targets))
    where = condition(table, "where", scope)
    return Selector(event, each, where), scope

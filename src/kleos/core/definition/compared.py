"""Which events may count otherwise once two players are one although neither appears in the match.

Who has a row of a fact, or earns an award by it, appears in its match, and a merge finds its matches by that. A rule
may also ask whether two players are one, or count the players of a map, and make of the answer what is nobody's row.
"""

from collections.abc import Collection, Iterator

from kleos.core.definition.model import Definition, EventCondition, Rule, Selector
from kleos.core.expression.tree import Call, Compare, Contains, Expression, Item, Name, Node, Not
from kleos.core.types import MapOf, holds_player


def compared_players(definition: Definition) -> frozenset[str]:
    """The types of those events; a type too many costs time, one too few would leave rows wrong."""
    told: set[str] = set()
    for sheet in definition.sheets.values():
        for rule in sheet.rules:
            if _rule_compares(rule):
                told.add(rule.selector.event)
    for achievement in definition.achievements.values():
        condition = achievement.condition
        if isinstance(condition, EventCondition):
            earner = [condition.player.root]
            chooses = bool(list(_comparisons(condition.player, ())))
            if chooses or _selector_compares(condition.selector, earner) or _may_become_true(condition.when, earner):
                told.add(condition.selector.event)
    return frozenset(told)


def _rule_compares(rule: Rule) -> bool:
    owners = [part.root for part in rule.key if part.root.kind == "player"]
    choosing = [list(_comparisons(part, ())) for part in rule.key]
    folded = [call.argument for call in rule.calls.values() if call.argument is not None]
    return (
        _selector_compares(rule.selector, owners)
        or any(choosing)
        or any(list(_comparisons(each, owners)) for each in folded)
    )


def _selector_compares(selector: Selector, owners: Collection[Node]) -> bool:
    """Two keys of a map that are one player are one element; where each had a row, both appear."""
    each = selector.each
    if each is not None and list(_comparisons(each.source, ())):
        return True
    if each is not None and each.over_map and holds_player(each.source.type):
        names = {owner.name for owner in owners if isinstance(owner, Name)}
        if each.targets[0] not in names:
            return True
    return selector.where is not None and _may_become_true(selector.where, owners)


def _may_become_true(condition: Expression, owners: Collection[Node]) -> bool:
    """What asks that an owner is somebody else was true before, and made the owner appear."""
    nodes = list(condition.root.walk())
    if any(isinstance(node, Not) for node in nodes):
        return bool(list(_comparisons(condition, ())))
    return any(not (_is_denied(node) and _is_about(node, owners)) for node in _comparisons(condition, ()))


def _comparisons(expression: Expression, owners: Collection[Node]) -> Iterator[Node]:
    """Where it matters who is whom, but for what is about an owner: that one appears."""
    for node in expression.root.walk():
        if isinstance(node, Compare | Contains) and holds_player(node.left.type):
            if not _is_about(node, owners):
                yield node
        elif isinstance(node, Item) and isinstance(node.left.type, MapOf) and node.left.type.key.kind == "player":
            if node.right not in owners:
                yield node
        elif isinstance(node, Call) and node.function == "len":
            counted = node.operands[0].type
            if isinstance(counted, MapOf) and counted.key.kind == "player":
                yield node


def _is_about(node: Node, owners: Collection[Node]) -> bool:
    return any(child in owners for child in node.children)


def _is_denied(node: Node) -> bool:
    return (isinstance(node, Compare) and node.operator == "!=") or (isinstance(node, Contains) and node.negated)

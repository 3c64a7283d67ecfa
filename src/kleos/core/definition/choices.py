"""What a field may be, where a check of the definition lists it: what a form offers to choose from."""

from kleos.core.definition.model import Check, Definition
from kleos.core.expression.tree import Clamp, Compare, InLiterals, LiteralNode, LiteralValue, Logic, Name, Node, Truth


def choices(definition: Definition, event: str, field: str) -> list[LiteralValue]:
    """The values of a check such as ``mode in ['solo', 'duo']``, or ``mode == 'solo' or mode == 'duo'``; else none."""
    for check in definition.checks:
        if check.selector.event == event and _is_about_the_event_alone(check):
            found = _listed(_bare(check.that.root), field)
            if found:
                return found
    return []


def _is_about_the_event_alone(check: Check) -> bool:
    return check.selector.each is None and check.selector.where is None


def _listed(node: Node, field: str) -> list[LiteralValue]:
    """All that the node allows for the field; nothing where it allows anything else."""
    if isinstance(node, InLiterals):
        return list(node.values) if not node.negated and _is(node.operand, field) else []
    if isinstance(node, Compare) and node.operator == "==":
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if _is(one, field) and isinstance(other, LiteralNode):
                return [other.value]
        return []
    if isinstance(node, Logic) and node.operator == "or":
        parts = [_listed(_bare(each), field) for each in node.operands]
        return [value for part in parts for value in part] if all(parts) else []
    return []


def _is(node: Node, field: str) -> bool:
    return isinstance(node, Name) and node.name == field


def _bare(node: Node) -> Node:
    while isinstance(node, Truth | Clamp):
        node = node.operand
    return node

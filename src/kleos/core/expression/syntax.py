"""From text to Python's own syntax tree, behind guards that keep every text cheap to refuse.

Python's parser is given only what has passed a scan by character: known tokens, bounded length, nesting and
runs of unary operators. What comes back is bounded in depth before anything recurses over it.
"""

import ast
import re
from typing import Final

from kleos.core.errors import ExpressionError

LONGEST_TEXT: Final = 1000
DEEPEST_BRACKETS: Final = 24
LONGEST_UNARY_RUN: Final = 4
DEEPEST_TREE: Final = 60
LARGEST_LITERAL_INT: Final = 2**63
LARGEST_LITERAL_FLOAT: Final = 1e30

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>"(?:[^"\\\r\n]|\\["'\\nt])*"|'(?:[^'\\\r\n]|\\["'\\nt])*')
    |(?P<operator>\*\*|//|==|!=|<=|>=|:=|->|<<|>>|[-+*/%<>()\[\],.=&|^~@:;!{}])""",
    re.VERBOSE,
)

_REFUSED_OPERATORS: Final = {
    "**": "write the product out: `x * x`",
    ":=": "give the value a column or a formula of its own",
    "=": "write `==` to compare",
    "&": "write `and`",
    "|": "write `or`",
    "^": "write `!=` between two conditions",
    "~": "write `not`",
    "!": "write `not`",
    ":": "slices, lambdas and dicts are not part of expressions",
    ";": "an expression is one value",
    "@": "use `+ - * / // %`",
    "<<": "use `+ - * / // %`",
    ">>": "use `+ - * / // %`",
    "->": "use `+ - * / // %`",
    "{": "write a tuple: `x in (1, 2)`",
    "}": "write a tuple: `x in (1, 2)`",
}

_REFUSED_WORDS: Final = {
    "lambda": "name one of the functions: min max abs round floor len lower coalesce",
    "for": "an expression is about one element; choose the elements with `for =`",
    "await": "expressions only compute",
    "async": "expressions only compute",
    "yield": "expressions only compute",
    "import": "expressions only compute",
}


def parse_python(text: str) -> ast.expr:
    """The text as a Python expression.

    Raises ExpressionError for whatever is too long, too deep or no Python; never anything else.
    """
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(
            f"the expression has {len(text)} characters",
            f"at most {LONGEST_TEXT}; split it into formulas",
            LONGEST_TEXT,
        )
    if not text.strip():
        raise ExpressionError("the expression is empty", "write a value, such as `score` or `score > 0`", 0)
    _scan(text)
    flat = text.replace("\r", " ").replace("\n", " ").replace("\t", " ")
    padding = len(flat) - len(flat.lstrip())
    try:
        tree = ast.parse(flat.strip(), mode="eval").body
    except SyntaxError as error:
        column = min(max((error.offset or 1) - 1, 0) + padding, len(text))
        raise ExpressionError(
            "this is no expression", "write it as in Python, such as `a + b > 3 and not c`", column
        ) from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise ExpressionError("the expression is too deeply nested", "split it into formulas", 0) from None
    _shift(tree, padding, flat.strip())
    return tree


def column_of(node: ast.expr) -> int:
    """Where a node of :func:`parse_python` stands in the text, from 0, in characters."""
    return node.col_offset


def _scan(text: str) -> None:
    position, brackets, unary = 0, 0, 0
    previous = ""
    while position < len(text):
        match = _TOKEN.match(text, position)
        column = position
        if match is None:
            raise _strange(text, position)
        kind, token = match.lastgroup, match[0]
        position = match.end()
        if kind == "space":
            continue
        if kind == "operator":
            if token in _REFUSED_OPERATORS:
                raise ExpressionError(f"`{token}` is not part of expressions", _REFUSED_OPERATORS[token], column)
            brackets += (token in "([") - (token in ")]")
            if brackets > DEEPEST_BRACKETS:
                raise ExpressionError(
                    "too many brackets in one another",
                    f"at most {DEEPEST_BRACKETS}; split it into formulas",
                    column,
                )
        unary = unary + 1 if token in ("-", "+", "not") else 0
        if unary > LONGEST_UNARY_RUN:
            raise ExpressionError(f"too many `{token}` in a row", "one is enough", column)
        if kind == "name":
            _check_name(token, column, previous, text, position)
        if kind == "number":
            _check_number(token, column, text, position)
        if kind == "text" and ("\0" in token or any("\ud800" <= char <= "\udfff" for char in token)):
            raise ExpressionError(
                "a character in the text cannot be stored", "leave out NUL and lone surrogates", column
            )
        if kind == "text" and previous[:1] in ("'", '"'):
            raise ExpressionError("two texts in a row", "write one", column)
        previous = token


def _strange(text: str, position: int) -> ExpressionError:
    char = text[position]
    if char in "\"'":
        return ExpressionError(
            "this text does not end, or has an escape other than \\\\ \\\" \\' \\n \\t",
            "write \"…\" or '…' on one line",
            position,
        )
    return ExpressionError(
        f"the character {char!r} is not part of expressions",
        "use names, numbers, texts and operators",
        position,
    )


def _check_name(token: str, column: int, previous: str, text: str, end: int) -> None:
    if token in _REFUSED_WORDS:
        raise ExpressionError(f"`{token}` is not part of expressions", _REFUSED_WORDS[token], column)
    if token.startswith("_"):
        raise ExpressionError(f"`{token}`: no name starts with an underscore", "use a field's name", column)
    if text[end : end + 1] in ('"', "'") and token not in ("in", "and", "or", "not", "if", "else", "is"):
        raise ExpressionError(f"`{token}` before a text", 'write the text plainly: "…"', column)


def _check_number(token: str, column: int, text: str, end: int) -> None:
    following = text[end : end + 1]
    if following.isalnum() or following == "_":
        raise ExpressionError(f"`{token}{following}` is no number", "write numbers as 12, 1.5 or 1e6", column)
    if token.isdigit() and len(token) > 1 and token[0] == "0" and token.strip("0"):
        raise ExpressionError(f"`{token}` is no number", "write it without zeros before it", column)
    if "__" in token or "_." in token or "._" in token or token.rstrip().endswith("_") or "_e" in token.lower():
        raise ExpressionError(f"`{token}` is no number", "put `_` only between digits", column)
    plain = token.replace("_", "")
    is_int = plain.isdigit()
    if (is_int and (len(plain) > 19 or int(plain) > LARGEST_LITERAL_INT)) or (
        not is_int and float(plain) > LARGEST_LITERAL_FLOAT
    ):
        limit = "integers fit 64 bits" if is_int else "floats are at most 1e30"
        raise ExpressionError(f"the number {plain[:20]}{'…' * (len(plain) > 20)} is too large", limit, column)
    if not is_int and 0 < float(plain) < 1 / LARGEST_LITERAL_FLOAT:
        raise ExpressionError(f"the number {plain[:20]} is too small", "floats are at least 1e-30, or 0", column)


def _shift(tree: ast.expr, padding: int, text: str) -> None:
    """Turn the byte offsets of every node into character offsets; refuse what is too deep."""
    encoded = text.encode()
    todo: list[tuple[ast.AST, int]] = [(tree, 1)]
    while todo:
        node, depth = todo.pop()
        if isinstance(node, ast.expr):
            node.col_offset = len(encoded[: node.col_offset].decode()) + padding
            if depth > DEEPEST_TREE:
                raise ExpressionError("the expression is too deeply nested", "split it into formulas", column_of(node))
        todo.extend((child, depth + 1) for child in ast.iter_child_nodes(node))

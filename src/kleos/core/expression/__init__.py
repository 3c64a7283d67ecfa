"""Expressions: a closed subset of Python's syntax, typed, compiled to Python, PostgreSQL and DuckDB alike.

``parse`` reads one, ``order_formulas`` the formulas of a sheet, ``parse_fold`` and ``parse_for`` what
surrounds them; ``compile_python``, ``python_source`` and ``sql_source`` are its targets, which all give the
same value.
"""

from kleos.core.errors import ExpressionError
from kleos.core.expression.check import parse, parse_condition
from kleos.core.expression.clauses import ForClause, parse_for
from kleos.core.expression.conjuncts import conjuncts
from kleos.core.expression.folds import FoldCall, FoldName, parse_fold
from kleos.core.expression.inline import FormulaErrors, inline, order_formulas
from kleos.core.expression.monotone import Course, against_literal, monotone_condition, never_negative, threshold
from kleos.core.expression.python import RUNTIME, compile_python, python_source
from kleos.core.expression.sql import Dialect, sql_source
from kleos.core.expression.tree import Expression, Floats, Scope

__all__ = [
    "RUNTIME",
    "Course",
    "Dialect",
    "Expression",
    "ExpressionError",
    "Floats",
    "FoldCall",
    "FoldName",
    "ForClause",
    "FormulaErrors",
    "Scope",
    "against_literal",
    "compile_python",
    "conjuncts",
    "inline",
    "monotone_condition",
    "never_negative",
    "order_formulas",
    "parse",
    "parse_condition",
    "parse_fold",
    "parse_for",
    "python_source",
    "sql_source",
    "threshold",
]

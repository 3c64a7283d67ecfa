"""No text of a definition is slow to load or to refuse, and none raises anything but a DefinitionError."""

import time
from collections.abc import Callable
from importlib import resources

import pytest

from kleos.core.definition.load import load
from kleos.core.errors import DefinitionError
from kleos.core.plan import compile_plan

LIMIT_ORDINARY = 200
"""In times of what an ordinary definition costs in the same moment: machines are slow in their own ways."""

TITLE = 'title = "Game"\n'
EVENT = '[events.e]\np = "player"\nn = "int"\n'
SHEET = EVENT + "[sheets.s]\nkey = ['p']\n[[sheets.s.on]]\nevent = 'e'\nc0 = 'count()'\n"


def checks(condition: str, times: int = 150) -> str:
    return EVENT + f"[[checks]]\nevent = 'e'\nreason = 'r'\nthat = '{condition}'\n" * times


def formulas(second: str) -> str:
    """Sixty formulas, each made of the one before: ``c1 = 'c0 + c0'`` and so on."""
    return (
        SHEET + "[sheets.s.formulas]\n" + "".join(f"c{i + 1} = '{second.replace('x', f'c{i}')}'\n" for i in range(60))
    )


def achievements(requires: Callable[[int], list[str]]) -> str:
    """A thousand, each requiring what ``requires`` makes of its number."""
    return "".join(f"[achievements.a{i}]\nmanual = true\nrequires = {requires(i)}\n" for i in range(1000))


def records(fields: int, levels: int) -> str:
    """A record ``r0`` of so many fields, each a record of as many, and so on."""
    nested = [f"[types.r{i}]\n" + "".join(f"f{j} = 'r{i + 1}'\n" for j in range(fields)) for i in range(levels)]
    return "".join(nested) + f"[types.r{levels}]\nx = 'int'\n"


REFUSED = {
    "nested arrays in a line": "a = " + "[" * 250_000,
    "nested arrays": "a = " + "[\n" * 120_000,
    "nested inline tables": "\n".join(f"b{i} = " + "{a=" * 1300 for i in range(60)),
    "closed inline tables": "\n".join(f"b{i} = " + "{a=" * 900 + "1" + "}" * 900 for i in range(70)),
    "dotted keys": "".join(f"x{i}." + "a." * 195 + "b = 1\n" for i in range(600)),
    "the same dotted key": "".join("a." * 195 + f"b{i} = 1\n" for i in range(600)),
    "too many dots": "a." * 2000 + "b = 1\n",
    "a deep heading": "[" + "a." * 32 + "b]\n" + "".join(f"k{i}.c=1\n" for i in range(20_000)),
    "deep headings": "".join(f"[{'a.' * 32}b{i}]\n" for i in range(3500)),
    "deep arrays of tables": f"[[{'a.' * 32}b]]\n" * 3500,
    "a quoted heading": "[" + '"a" . ' * 40 + '"b"]\n',
    "a long number": "a = " + "9" * 4090 + "\n",
    "a long hexadecimal number": "icon = 0x" + "f" * 4000 + "\n",
    "unknown keys": "".join(f"key{i} = 1\n" for i in range(20_000)),
    "unknown tables": "".join(f"[t{i}]\n" for i in range(30_000)),
    "many events": "".join(f"[events.e{i}]\nn='int'\n" for i in range(10_000)),
    "many fields": "[events.e]\n" + "".join(f"n{i} = 'int'\n" for i in range(15_000)),
    "long names": "".join(f"[achievements.{'a' * 4000}{i}]\nmanual=true\n" for i in range(60)),
    "a chain of records": "".join(f"[types.r{i}]\nf = 'r{i + 1}'\n" for i in range(99)) + "[types.r99]\nx='int'\n",
    "a cycle of records": "".join(f"[types.r{i}]\nf = 'r{(i + 1) % 100}'\n" for i in range(100)),
    "records of records": "".join(
        f"[types.r{i}]\n" + "".join(f"f{j} = 'r{i + 1}'\n" for j in range(60)) for i in range(9)
    )
    + "[types.r9]\nx='int'\n",
    "a few records of records": records(20, 3) + "[events.e]\nr = 'r0'\n",
    "many records in an event": records(20, 1) + "[events.e]\n" + "".join(f"r{i} = 'r0'\n" for i in range(30)),
    "many events with many records": records(20, 1)
    + "".join(f"[events.e{i}]\n" + "".join(f"r{j} = 'r0'\n" for j in range(20)) for i in range(20)),
    "a nested type": "[events.e]\nn = '" + "list[" * 190 + "'\n",
    "a nested default": "[events.e]\nn = 'list[int] = " + "[" * 900 + "'\n",
    "doubling formulas": formulas("x + x"),
    "multiplying formulas": formulas("x * x"),
    "a cycle of formulas": formulas("c60 + x"),
    "requirements in a cycle": achievements(lambda i: [f"a{(i + 1) % 1000}"]),
    "requirements in pairs": achievements(lambda i: [f"a{i ^ 1}"]),
    "requirements unknown": achievements(lambda i: [f"b{i}"]),
    "brackets": checks("(" * 1000),
    "nots": checks("not " * 240),
    "a long sum": checks("n+" * 450 + "n > 0"),
    "a long product": checks("n*" * 450 + "n > 0"),
    "a long order": SHEET + "[boards.b]\nsheet='s'\nby='" + "c0," * 600 + "'\n",
    "spaces in a for": EVENT + "[[checks]]\nevent='e'\nreason='r'\nthat='n>1'\nfor='a" + " " * 1900 + "'\n",
    "a time zone's path": "timezone = '../../../etc/passwd'\n",
    "a long time zone": f"timezone = '{'../' * 600}'\n",
    "many partitions": SHEET + "[boards.b]\nsheet='s'\nby='c0'\npartitions=[" + "['a']," * 600 + "]\n",
    "a lone surrogate": "text = '\ud800'\n",
    "a NUL": "text = '\0'\n",
    "an escaped NUL": 'text = "\\u0000"\n',
    "a large file": "#" * (300 * 1024),
}

ACCEPTED = {
    "comments": "#\n" * 120_000,
    "requirements in a chain": achievements(lambda i: [f"a{i + 1}"] if i < 999 else []),
    "long conditions": checks(" and ".join(["n > 1"] * 90)),
    "long choices": checks("n>1 if n>2 else " * 40 + "n>0", 100),
    "nested calls": checks("max(n," * 20 + "n" + ")" * 20 + " > 0"),
    "records of records": records(5, 3) + "[events.e]\nr = 'r0'\n",
    "many events with records": records(7, 2) + "".join(f"[events.e{i}]\nr = 'r0'\n" for i in range(40)),
}


def ordinary_s() -> float:
    """The processor time that the shipped card game takes to load and to compile."""
    text = resources.files("kleos.games").joinpath("golf.toml").read_text("utf-8")
    started = time.process_time()
    compile_plan(load(text, "golf"))
    return time.process_time() - started


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_time(text: str) -> None:
    limit_s = ordinary_s() * LIMIT_ORDINARY
    started = time.process_time()
    with pytest.raises(DefinitionError):
        load(TITLE + text, "game")
    assert time.process_time() - started < limit_s


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_it_is_accepted_in_time(text: str) -> None:
    limit_s = ordinary_s() * LIMIT_ORDINARY
    started = time.process_time()
    definition = load(TITLE + text, "game")
    assert compile_plan(definition).definition.presentation.title == "Game"
    assert time.process_time() - started < limit_s

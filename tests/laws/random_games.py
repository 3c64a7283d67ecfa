"""Games at random: events with fields of every type, sheets with every kind of key and fold, formulas, boards and
achievements of every kind, and facts that mean something to them. Every game that is made is a right one.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kleos.core.definition.load import load
from kleos.core.definition.model import AWARD_GRANTED, Manual
from tests.laws.stories import MATCHES, PLAYERS, TIMES
from tests.laws.world import Fact, wire_time
from tests.replay.made import Fields

ZONES: Final = ("UTC", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia")
LETTERS: Final = "aZé\uffee\U00010000"
KINDS: Final = ("int", "float", "bool", "str", "time", "player")

OPTIONAL_FIELDS: Final[Mapping[str, str]] = {
    "n1": "int",
    "n2": "int?",
    "n3": "int = 3",
    "x1": "float",
    "x2": "float?",
    "b1": "bool",
    "b2": "bool = True",
    "s1": "str",
    "s2": "str? = 'axe'",
    "t1": "time?",
    "weights": "map[player, float] = {}",
    "bag": "map[str, int] = {}",
    "counts": "map[int, int]?",
    "tags": "list[str] = []",
    "extra": "json?",
}
FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "solo": {"player": "player"},
    "duel": {"by": "player", "target": "player?"},
    "table": {"scores": "map[player, int]", "winner": "player?", "others": "list[player] = []"},
    "team": {"sides": "list[side]", "best": "player?"},
}
SIDE: Final = {"name": "str", "captain": "player?", "members": "list[player] = []", "points": "float = 0.5"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a rule's expressions may say: by kind of value, texts that give it."""

    event: str
    each: str | None
    players: Sequence[str]
    texts: Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Part:
    """Something that a definition may have or not: its lines, by the table that they stand in."""

    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Column:
    name: str
    fold: str
    kind: str
    never_falls: bool = False


@dataclass(slots=True)
class Sheet:
    name: str
    key: dict[str, str]
    windows: list[str]
    columns: list[Column] = field(default_factory=list)
    formulas: dict[str, str] = field(default_factory=dict)

    @property
    def others(self) -> list[str]:
        """The key columns besides the player."""
        return [name for name in self.key if name != "player"]

    @property
    def has_one_player(self) -> bool:
        return list(self.key.values()).count("player") == 1

    def visible(self, *kinds: str) -> list[str]:
        shown: dict[str, str] = {"n": "int"}
        for column in self.columns:
            shown[column.name] = column.kind
            if column.fold == "streak":
                shown[f"{column.name}_best"] = "int"
        return [name for name, kind in {**shown, **self.formulas}.items() if kind in kinds]


class RandomGame:
    """``source()`` is the whole of it; ``variant()`` leaves some of its columns, sheets, boards and achievements out,
    as an earlier or a later version might."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._parts: list[Part] = []
        self._head = self._make_head()
        self._events = self._make_events()
        self._sheets = self._make_sheets()
        for sheet in self._sheets:
            self._add_formulas(sheet)
        for number in range(rng.randint(2, 4)):
            self._add_board(number)
        for number in range(rng.randint(3, 7)):
            self._add_achievement(number)

    def source(self, without: Collection[str] = ()) -> str:
        left_out = set(without)
        while more := {part.name for part in self._parts if part.needs & left_out} - left_out:
            left_out |= more
        tables: dict[str, list[str]] = {}
        for part in self._parts:
            if part.name not in left_out:
                for table, line in part.lines:
                    tables.setdefault(table, []).append(line)
        text = [*self._head, *self._event_lines()]
        for table, lines in tables.items():
            header = table.partition("#")[0]
            text += ["", f"[[{header}]]" if header.endswith(".on") else f"[{header}]", *lines]
        text += ["", *self._check_lines()]
        return "\n".join(text) + "\n"

    def variant(self) -> str:
        """One in three parts is left out, and whatever needs it."""
        return self.source({part.name for part in self._parts[1:] if self._rng.random() < 0.15})

    def facts(self, count: int) -> list[Fact]:
        """With ids and times; many at equal times, so that their ids decide."""
        rng = self._rng
        plan = load(self.source(), "random")
        manual = [name for name, one in plan.achievements.items() if isinstance(one.condition, Manual)]
        texts = ["axe", "bow", "", "é", "it's"]
        times = rng.sample(TIMES, rng.randint(2, len(TIMES)))
        fields = Fields(rng, PLAYERS, texts, [0, 1, 2, 20], times)
        types = [name for name in plan.events if name != AWARD_GRANTED or manual]
        facts = []
        for id in rng.sample(range(100_000), count):
            type_ = rng.choice(types)
            fact: Fact = {"id": f"{LETTERS[id % 5]}{id}", "type": type_, "at": wire_time(rng.choice(times))}
            if rng.random() < 0.8:
                fact["match"] = rng.choice(MATCHES)
            fact |= fields.of(plan.events[type_])
            if type_ == AWARD_GRANTED:
                fact["achievement"] = rng.choice(manual)
            facts.append(fact)
        return facts

    # The head and the events ------------------------------------------------------------------------------------------

    def _make_head(self) -> list[str]:
        rng = self._rng
        identities = rng.choice(("own", "shared"))
        return [
            'title = "At random"',
            f'timezone = "{rng.choice(ZONES)}"',
            f'identities = "{identities}"',
            'attributes = ["clan"]',
        ]

    def _make_events(self) -> dict[str, dict[str, str]]:
        rng = self._rng
        events = {}
        for form in rng.sample(list(FORMS), rng.randint(2, 4)):
            chosen = rng.sample(list(OPTIONAL_FIELDS), rng.randint(2, 7))
            events[form] = {**FORMS[form], **{name: OPTIONAL_FIELDS[name] for name in sorted(chosen)}}
        return events

    def _event_lines(self) -> list[str]:
        lines = ["", "[types.side]", *(f'{name} = "{type_}"' for name, type_ in SIDE.items())]
        for event, fields in self._events.items():
            lines += ["", f"[events.{event}]", *(f'{name} = "{type_}"' for name, type_ in fields.items())]
        return ["", "[matches]", f'ended_by = ["{next(iter(self._events))}"]', *lines]

    def _check_lines(self) -> list[str]:
        for event, fields in self._events.items():
            if "n1" in fields:
                return ["[[checks]]", f'event = "{event}"', 'that = "n1 < 20"', 'reason = "too many"']
        return []

    def _scope(self) -> Scope:
        """Of an event, its facts or those of a list or a map that it holds."""
        rng = self._rng
        event = rng.choice(list(self._events))
        fields = self._events[event]
        texts: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for name, type_ in fields.items():
            base = type_.partition("=")[0].strip().rstrip("?")
            if base in texts:
                texts[base].append(name)
        each, players = self._each(event, fields, texts)
        if "weights" in fields:
            texts["float"] += [f"weights[{player}]" for player in players[:1]]
        if "bag" in fields:
            texts["int"] += ["bag['axe']", "len(bag)"]
        if "counts" in fields:
            texts["int"].append("counts[2]")
        if "tags" in fields:
            texts["int"].append("len(tags)")
            texts["bool"] += ["'axe' in tags", "'bow' not in tags"]
        texts["time"].append("at")
        texts["str"] += ["match", "id"]
        texts["player"] += [player for player in players if player not in texts["player"]]
        return Scope(event, each, players, texts)

    def _each(
        self, event: str, fields: Mapping[str, str], texts: dict[str, list[str]]
    ) -> tuple[str | None, Sequence[str]]:
        """The `for` of a rule, and the players that its facts may be about."""
        rng = self._rng
        if event == "solo":
            return None, ("player",)
        if event == "duel":
            return None, rng.choice((("by",), ("target",), ("by", "target"), ("target", "by")))
        if event == "table":
            way = rng.choice(("scores", "scores", "others", "none"))
            if way == "scores":
                texts["int"] += ["score", "len(scores)"]
                texts["bool"] += ["who == winner", "who not in others"]
                return "who, score in scores", ("who",)
            if way == "others":
                texts["int"].append("scores[who]")
                return "who in others", ("who",)
            return None, ("winner",)
        way = rng.choice(("sides", "sides", "none"))
        if way == "sides":
            texts["float"].append("side.points")
            texts["str"].append("side.name")
            texts["int"].append("len(side.members)")
            texts["bool"] += ["best in side.members", "side.captain == best"]
            return "side in sides", ("side.captain",)
        return None, ("best",)

    # Expressions ------------------------------------------------------------------------------------------------------

    def _value(self, scope: Mapping[str, Sequence[str]], kind: str, depth: int = 2) -> str:
        """An expression that gives such a value, or None."""
        rng = self._rng
        names = list(scope[kind])
        if kind == "bool":
            return self._condition(scope, depth)
        if kind in ("str", "time", "player"):
            if depth and len(names) > 1 and rng.random() < 0.25:
                one, other = rng.sample(names, 2)
                return f"{one} if {self._condition(scope, 0)} else {other}"
            return rng.choice(names)
        literal = "2" if kind == "int" else "1.1"
        if not depth or rng.random() < 0.45:
            return rng.choice(names) if names and rng.random() < 0.9 else literal
        deeper: Callable[[str], str] = lambda of: self._value(scope, of, depth - 1)  # noqa: E731
        if kind == "int":
            return rng.choice(
                (
                    lambda: f"({deeper('int')} + {deeper('int')})",
                    lambda: f"({deeper('int')} - {deeper('int')})",
                    lambda: f"{deeper('int')} * 3",
                    lambda: f"({deeper('int')}) // 2",
                    lambda: f"({deeper('int')}) % 3",
                    lambda: f"abs({deeper('int')})",
                    lambda: f"max(0, {deeper('int')})",
                    lambda: f"min({deeper('int')}, {deeper('int')})",
                    lambda: f"coalesce({deeper('int')}, 1)",
                    lambda: f"({deeper('int')} if {self._condition(scope, depth - 1)} else {deeper('int')})",
                )
            )()
        return rng.choice(
            (
                lambda: f"({deeper('float')} + {deeper('float')})",
                lambda: f"{deeper('float')} * 0.1",
                lambda: f"({deeper('int')}) / ({deeper('int')})",
                lambda: f"-({deeper('float')})",
                lambda: f"max({deeper('float')}, {deeper('float')})",
                lambda: f"round({deeper('float')}, 2) * 1.0",
                lambda: f"coalesce({deeper('float')}, 0.5)",
                lambda: f"({deeper('int')}) * 1.0",
            )
        )()

    def _condition(self, scope: Mapping[str, Sequence[str]], depth: int) -> str:
        rng = self._rng
        deeper: Callable[[str], str] = lambda of: self._value(scope, of, max(0, depth - 1))  # noqa: E731
        ways: list[Callable[[], str]] = [
            lambda: f"{deeper('int')} {rng.choice(('>', '<=', '==', '!='))} {rng.randint(0, 6)}",
            lambda: f"{deeper('float')} >= {rng.choice((0.5, 2.5, 7))}",
        ]
        if scope["bool"]:
            ways += [lambda: rng.choice(scope["bool"])] * 3
        if scope["str"]:
            ways.append(lambda: f"{rng.choice(scope['str'])} in ('axe', 'bow', 'm1')")
        if len(scope["player"]) > 1:
            ways.append(lambda: " == ".join(rng.sample(list(scope["player"]), 2)))
        if scope["player"]:
            ways.append(lambda: f"{rng.choice(scope['player'])} is not None")
        if depth > 0:
            ways += [
                lambda: f"({self._condition(scope, depth - 1)} and {self._condition(scope, depth - 1)})",
                lambda: f"({self._condition(scope, depth - 1)} or {self._condition(scope, depth - 1)})",
                lambda: f"not ({self._condition(scope, depth - 1)})",
            ]
        return rng.choice(ways)()

    # Sheets -----------------------------------------------------------------------------------------------------------

    def _make_sheets(self) -> list[Sheet]:
        rng = self._rng
        keys: list[dict[str, str]] = [{"player": "player"}]
        more: list[dict[str, str]] = [
            {"player": "player", "weapon": "str"},
            {"level": "int", "player": "player"},
            {"player": "player", "fair": "bool"},
            {"match": "match"},
            {"match": "match", "player": "player"},
            {"weapon": "str"},
            {"fair": "bool", "level": "int"},
            {"player": "player", "rival": "player"},
            {"player": "player"},
        ]
        keys += rng.sample(more, rng.randint(1, 3))
        sheets = [self._make_sheet(f"sheet_{number}", key) for number, key in enumerate(keys)]
        return sheets

    def _make_sheet(self, name: str, key: dict[str, str]) -> Sheet:
        rng = self._rng
        kinds = ["all", "season", "month", "week", "day"]
        windows = sorted(rng.sample(kinds, rng.randint(1, 4)), key=kinds.index)
        sheet = Sheet(name, key, windows)
        folds = ["count", "sum", "min", "max"]
        if {"player", "match"} & set(key.values()):
            folds += ["last", "streak"]
        for number in range(rng.randint(2, 5)):
            sheet.columns.append(self._make_column(f"c{number}", rng.choice(folds)))
        listed = ", ".join(f'"{each}"' for each in key)
        head = [f"key = [{listed}]", f"windows = [{', '.join(repr(each) for each in windows)}]"]
        part = Part(f"sheets.{name}", [(f"sheets.{name}", line) for line in head])
        self._parts.append(part)
        columns = {column.name: Part(f"{name}.{column.name}", [], {part.name}) for column in sheet.columns}
        for number in range(rng.randint(1, 3)):
            self._add_rule(sheet, part, columns, f"sheets.{name}.on#{number}", is_first=number == 0)
        self._parts += columns.values()
        return sheet

    def _make_column(self, name: str, fold: str) -> Column:
        rng = self._rng
        kinds = {
            "count": ("int",),
            "streak": ("int",),
            "sum": ("int", "float"),
            "min": ("int", "float", "time"),
            "max": ("int", "float", "time"),
            "last": KINDS,
        }
        return Column(name, fold, rng.choice(kinds[fold]), fold == "count" or (fold == "sum" and rng.random() < 0.5))

    def _add_rule(self, sheet: Sheet, part: Part, columns: Mapping[str, Part], table: str, is_first: bool) -> None:
        """Every column is in the first rule, and maybe in others."""
        rng, scope = self._rng, self._scope()
        part.lines.append((table, f'event = "{scope.event}"'))
        if scope.each is not None:
            part.lines.append((table, f'for = "{scope.each}"'))
        if rng.random() < 0.4:
            part.lines.append((table, f'where = "{self._condition(scope.texts, 1)}"'))
        taken = list(scope.players)
        for name, kind in sheet.key.items():
            if kind == "match":
                given = "match"
            elif kind == "player":
                given = taken.pop(0) if taken else rng.choice(scope.texts["player"])
            elif kind == "str":
                given = rng.choice(scope.texts["str"])
            elif kind == "int":
                given = f"({self._value(scope.texts, 'int', 1)}) % 3"
            else:
                given = self._condition(scope.texts, 1)
            part.lines.append((table, f'{name} = "{given}"'))
        part.lines.append((table, 'n = "count()"'))
        for column in sheet.columns:
            if is_first or rng.random() < 0.5:
                columns[column.name].lines.append((table, f'{column.name} = "{self._call(scope, column)}"'))

    def _call(self, scope: Scope, column: Column) -> str:
        if column.fold in ("count", "streak"):
            return f"{column.fold}({self._condition(scope.texts, 2)})"
        value = self._value(scope.texts, column.kind)
        if column.never_falls:
            zero = "0" if column.kind == "int" else "0.0"
            value = f"max({zero}, {value})"
        return f"{column.fold}({value})"

    def _add_formulas(self, sheet: Sheet) -> None:
        rng = self._rng
        for number in range(rng.randint(0, 2)):
            numbers = sheet.visible("int", "float")
            one, other = rng.choice(numbers), rng.choice(numbers)
            kind, text = rng.choice(
                (
                    ("float", f"100 * {one} / {other}"),
                    ("float", f"1.0 * {one} - 2 * {other}"),
                    ("bool", f"{one} > 1 and {other} is not None"),
                    ("float", f"coalesce({one}, 0) * 0.5 if {other} >= 2 else 0.25"),
                )
            )
            name = f"f{number}"
            needs = {f"{sheet.name}.{each.removesuffix('_best')}" for each in (one, other)} | {f"sheets.{sheet.name}"}
            table = f"sheets.{sheet.name}.formulas"
            self._parts.append(Part(f"{sheet.name}.{name}", [(table, f'{name} = "{text}"')], needs))
            sheet.formulas[name] = kind

    # Boards and achievements ------------------------------------------------------------------------------------------

    def _add_board(self, number: int) -> None:
        rng = self._rng
        sheet = rng.choice([sheet for sheet in self._sheets if sheet.has_one_player])
        ranked = sheet.visible("int", "float", "bool", "time")
        by = rng.sample(ranked, min(len(ranked), rng.randint(1, 3)))
        table = f"boards.board_{number}"
        directed = ", ".join(f"{name} {rng.choice(('asc', 'desc'))}" for name in by)
        base = sheet.others
        more = rng.sample([[], ["region"], ["clan"], ["region", "clan"]], rng.randint(1, 3))
        partitions = ", ".join(f"[{', '.join(repr(name) for name in [*base, *attributes])}]" for attributes in more)
        lines = [f'sheet = "{sheet.name}"', f'by = "{directed}"', f"partitions = [{partitions}]"]
        needs = {f"sheets.{sheet.name}", *self._columns_of(sheet, by)}
        if rng.random() < 0.5:
            column = rng.choice(sheet.visible("int", "float"))
            lines.append(f'where = "{column} {rng.choice((">=", "<"))} {rng.randint(1, 4)}"')
            needs |= self._columns_of(sheet, [column])
        if rng.random() < 0.3:
            lines.append('ties = "ordinal"')
        self._parts.append(Part(table, [(table, line) for line in lines], needs))

    @staticmethod
    def _columns_of(sheet: Sheet, names: Sequence[str]) -> set[str]:
        return {f"{sheet.name}.{name.removesuffix('_best')}" for name in names}

    def _add_achievement(self, number: int) -> None:
        rng = self._rng
        table = f"achievements.award_{number}"
        part = Part(table, [(table, f"points = {rng.choice((0, 1, 5, 20))}")])
        way = rng.choice(("row", "row", "row", "event", "manual"))
        if way == "row":
            self._on_row(part, table)
        elif way == "event":
            scope = self._scope()
            part.lines.append((table, f'event = "{scope.event}"'))
            if scope.each is not None:
                part.lines.append((table, f'for = "{scope.each}"'))
            part.lines.append((table, f'player = "{scope.players[0]}"'))
            part.lines.append((table, f'when = "{self._condition(scope.texts, 2)}"'))
        else:
            part.lines.append((table, "manual = true"))
        if rng.random() < 0.2:
            part.lines.append((table, 'from = "today"'))
        earlier = [other.name for other in self._parts if other.name.startswith("achievements.")]
        if earlier and rng.random() < 0.3:
            required = rng.sample(earlier, min(len(earlier), rng.randint(1, 2)))
            part.needs.update(required)
            names = ", ".join(f'"{name.partition(".")[2]}"' for name in required)
            part.lines.append((table, f"requires = [{names}]"))
        self._parts.append(part)

    def _on_row(self, part: Part, table: str) -> None:
        rng = self._rng
        sheet = rng.choice([sheet for sheet in self._sheets if sheet.has_one_player])
        rising: dict[str, str] = {"n": ">="}
        for column in sheet.columns:
            if column.fold == "streak":
                rising[f"{column.name}_best"] = ">="
            elif column.fold == "min" and column.kind != "time":
                rising[column.name] = "<="
            elif column.never_falls or (column.fold == "max" and column.kind != "time"):
                rising[column.name] = ">="
        chosen = rng.sample(list(rising), min(len(rising), rng.choice((1, 1, 2))))
        tests = [f"{name} {rising[name]} {rng.randint(1, 4)}" for name in chosen]
        part.needs |= {f"sheets.{sheet.name}", *self._columns_of(sheet, chosen)}
        part.lines += [
            (table, f'sheet = "{sheet.name}"'),
            (table, f'window = "{rng.choice(sheet.windows)}"'),
            (table, f'when = "{rng.choice((" and ", " or ")).join(tests)}"'),
        ]

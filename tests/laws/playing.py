"""A game that lives through everything at once: events in any order and batches, corrections and their undoing,
seasons, other definitions, an archive, rebuilds, restarts. Beside it a reference that is told the same.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from kleos.achievements.rarity import Rarity
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.past import PastQuestion
from kleos.core.definition.model import AWARD_GRANTED, Manual
from kleos.core.errors import Conflict, NotFound
from kleos.core.windows import Season, iso, to_datetime
from kleos.engine import catalog
from kleos.engine.engine import Engine
from kleos.engine.refolding import refold_postponed
from kleos.engine.seasons import change_season, make_season
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import set_location
from kleos.log.archive.retention import remove_old
from kleos.log.archive.seal import seal
from kleos.moderation import asked
from kleos.moderation.corrections import Corrections
from kleos.moderation.outcome import Outcome
from kleos.players.change import put_profile
from kleos.players.profiles import ProfileChange
from kleos.sheets.past import page_as_of
from kleos.sheets.query import Question
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.laws.random_games import RandomGame
from tests.laws.reference import Accept, Ban, Correction, Merge, Reference, Void
from tests.laws.stories import MATCHES, OTHER_DATES, PLAYERS, SEASON, TIMES
from tests.laws.world import DAY_US, NOW, Clock, Fact, State, World, assert_same, differences

GAME: Final = "story"
ACTOR: Final = "a moderator"
TOUCHED: Final = (
    "awards",
    "appearances",
    "matches",
    "players",
    "hidden",
    "merges",
    "voided",
    "voided_matches",
    "merged_matches",
    "quarantine",
    "pending_refolds",
)
LASTING: Final = {
    "voided": "WHERE correction NOT IN (SELECT seq FROM kleos.corrections WHERE kind = 'accept')",
}
"""An event that was accepted stays in the log, which loses nothing; that it does not count is told there."""
SPAN_EVENTS: Final = 15

Step = Callable[["Playing"], Awaitable[str | None]]


@dataclass(slots=True)
class Server:
    """An engine over a database, which can be stopped and started again."""

    database: Database
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    world: World = field(init=False)

    async def start(self) -> None:
        engine = await self.stack.enter_async_context(Engine.open(self.database, clock=self.clock))
        self.world = World(engine, self.clock)

    async def stop(self) -> None:
        await self.stack.aclose()


class Playing:
    """One story. ``seed`` tells all of it."""

    def __init__(self, server: Server, archive: str, seed: int) -> None:
        self.rng = random.Random(seed)
        self.server = server
        self.archive = archive
        self.made = RandomGame(self.rng)
        self.waiting = self.made.facts(self.rng.choice((15, 40, 90)))
        self.told: list[str] = []
        source = self.made.source() if self.rng.random() < 0.6 else self.made.variant()
        self.reference = Reference.of(GAME, source, server.clock())
        self.ids = [fact["id"] for fact in self.waiting]

    @property
    def engine(self) -> Engine:
        return self.server.world.engine

    @property
    def corrections(self) -> Corrections:
        return Corrections(self.engine)

    async def begin(self) -> None:
        await self.engine.put_definition(GAME, self.reference.game.definition.source)
        connection = await open_connection(self.engine.database.dsn)
        try:
            await set_location(connection, self.archive)
        finally:
            await connection.close()

    async def play(self, checked: float = 0.3, weights: "dict[Step, int] | None" = None) -> None:
        """Until every fact is told, and some steps more; checks now and then, and in the end."""
        steps = weights or STEPS
        after = self.rng.randint(3, 12)
        while self.waiting or after > 0:
            after -= not self.waiting
            (step,) = self.rng.choices(list(steps), list(steps.values()))
            done = await step(self)
            if done is not None:
                self.told.append(done)
                if self.rng.random() < checked:
                    await self.check()
        await self.check()
        await self.check_log()
        await self.check_past()

    async def play_and_take_back(self) -> None:
        """Every fact first; then corrections alone, and all of them undone in any order: every row is as it was."""
        await self.play(checked=0.0, weights=FACTS)
        before = await self.everything()
        for _ in range(self.rng.randint(2, 9)):
            (step,) = self.rng.choices(list(CORRECTING), list(CORRECTING.values()))
            done = await step(self)
            if done is not None:
                self.told.append(done)
                if self.rng.random() < 0.3:
                    await self.check()
        while (done := await self.undo()) is not None:
            self.told.append(done)
        self.told.append("everything is undone")
        after = await self.everything()
        unlike = [line for table in before for line in differences(before[table], after[table], (table,))]
        assert not unlike, unlike[:20]
        await self.check()
        await self.check_log()

    async def everything(self) -> dict[str, dict[str, int]]:
        """Every row of every table that a correction touches, as text, with how often it is there."""
        tables = dict.fromkeys(self.reference.game.definition.sheets, "to_jsonb(r) - 'version'")
        found = {}
        for name, shown in tables.items():
            found[name] = await self._rows(f'SELECT {shown} AS row FROM "{GAME}"."{name}" r WHERE present')
        for name in TOUCHED:
            found[name] = await self._rows(f"SELECT to_jsonb(r) AS row FROM kleos.{name} r {LASTING.get(name, '')}")
        return found

    async def _rows(self, statement: str) -> dict[str, int]:
        return Counter(str(row["row"]) for row in await self.engine.pool.fetch(statement))

    # Steps: each answers what it did, None where there was nothing to do ----------------------------------------------

    async def send(self) -> str | None:
        """A few at once, in flight together, some of them again."""
        rng = self.rng
        some = [fact for fact in self.waiting if self._is_taken(fact)]
        rng.shuffle(some)
        some = some[: rng.choice((1, 4, 12, 40))]
        if not some:
            return None
        self.waiting = [fact for fact in self.waiting if fact not in some]
        known = [*self.reference.facts.values(), *self.reference.doubted.values()]
        again = rng.sample(known, min(len(known), rng.choice((0, 0, 2)))) + rng.sample(some, rng.choice((0, 1)))
        batch = [*some, *(fact for fact in again if self._is_taken(fact))]
        rng.shuffle(batch)
        sends = [batch[start::3] for start in range(3)] if rng.random() < 0.4 else [batch]
        sends = [each for each in sends if each]
        receipts = await asyncio.gather(
            *(self.server.world.send(GAME, each, *(rng.random() < 0.3 for _ in range(2))) for each in sends)
        )
        assert not any(receipt.rejected for receipt in receipts), receipts
        self.reference.take(batch)
        return f"sent {len(batch)} in {len(sends)}"

    def _is_taken(self, fact: Fact) -> bool:
        """A grant is, while its achievement is there."""
        found = self.reference.game.definition.achievements.get(fact.get("achievement", ""))
        return fact["type"] != AWARD_GRANTED or (found is not None and isinstance(found.condition, Manual))

    async def void_event(self) -> str | None:
        id = self.rng.choice(self.ids)
        fact = self.reference.facts.get(id)
        match = None if fact is None or self.rng.random() < 0.5 else fact.get("match", id)
        return await self._correct(asked.Void(event=id, match=match, reason="cheated"), Void(event=id))

    async def void_match(self) -> str | None:
        match = self.rng.choice((*MATCHES, *self.ids))
        return await self._correct(asked.Void(match=match, reason="cheated"), Void(matches=[match]))

    async def void_player(self) -> str | None:
        player, (since, until) = self.rng.choice(PLAYERS), sorted(self.rng.sample(TIMES, 2))
        matches = self.reference.matches_of(player, since, until)
        wanted = asked.Void(player=player, since=to_datetime(since), until=to_datetime(until), reason="cheated")
        return await self._correct(wanted, Void(matches=matches))

    async def ban(self) -> str | None:
        player = self.rng.choice(PLAYERS)
        meant = Ban(self.reference.meant(player))
        if self.rng.random() < 0.6:
            return await self._correct(asked.Ban(player=player, reason="cheated"), meant)
        namespace = self.reference.game.namespace
        try:
            wanted = asked.Ban(player=player, reason="cheated")
            outcome = await self.corrections.ban_everywhere(namespace, wanted, ACTOR)
        except (Conflict, NotFound):
            return None
        return self._corrected(outcome, meant, "everywhere")

    async def merge(self) -> str | None:
        player, into = self.rng.sample(PLAYERS, 2)
        meant = Merge(self.reference.meant(player), self.reference.meant(into))
        return await self._correct(asked.Merge(player=player, into=into, reason="one person"), meant)

    async def judge(self) -> str | None:
        statement = "SELECT seq, id FROM kleos.quarantine WHERE game = $1 AND status = 'waiting' ORDER BY seq"
        rows = await self.engine.pool.fetch(statement, GAME)
        if not rows:
            return None
        row, accepted = self.rng.choice(rows), self.rng.random() < 0.8
        outcome = await self.corrections.judge(GAME, row["seq"], accepted, ACTOR, "looked at")
        return self._corrected(outcome, Accept(row["id"]) if accepted else Void(), f"judged {row['id']}")

    async def _correct(self, wanted: asked.Asked, meant: Correction) -> str | None:
        """Rehearsed first, now and then."""
        try:
            if self.rng.random() < 0.2:
                before = await self.server.world.state(GAME)
                await self.corrections.make(GAME, wanted, ACTOR, rehearse=True)
                assert_same(before, await self.server.world.state(GAME), f"rehearsed {wanted}")
            outcome = await self.corrections.make(GAME, wanted, ACTOR)
        except (Conflict, NotFound):
            return None
        return self._corrected(outcome, meant, str(wanted))

    def _corrected(self, outcome: Outcome, meant: Correction, what: str) -> str:
        assert outcome.correction is not None
        self.reference.corrections[outcome.correction.seq] = meant
        if isinstance(meant, Accept):
            self.reference.accepted.add(meant.event)
        return f"correction {outcome.correction.seq}: {what} {meant}"

    async def undo(self) -> str | None:
        if not self.reference.corrections:
            return None
        number = self.rng.choice(list(self.reference.corrections))
        await self.corrections.undo(GAME, number, ACTOR, "a mistake")
        del self.reference.corrections[number]
        return f"undid {number}"

    async def profile(self) -> str | None:
        player = self.rng.choice(PLAYERS)
        region, clan = self.rng.choice(("eu", "us", None)), self.rng.choice(("red", None))
        change = ProfileChange(region=region, attributes={"clan": clan})
        card = await put_profile(self.engine, player, change, namespace=self.reference.game.namespace)
        statement = "SELECT max(at) FROM kleos.profiles WHERE player = $1"
        at = await self.engine.pool.fetchval(statement, card.player)
        if at is not None:  # who had no region and no clan has none still
            self.reference.profile(player, change, at)
        return f"profile of {player}: {region} {clan}"

    async def season(self) -> str | None:
        start, end = self.rng.choice((SEASON, *OTHER_DATES))
        if self.reference.game.calendar.seasons:
            await change_season(self.engine, GAME, "s1", None, start, end)
        else:
            await make_season(self.engine, GAME, "s1", "First", start, end)
        self.reference.seasons([Season("s1", "First", start, end)])
        return f"season from {to_datetime(start)} to {to_datetime(end)}"

    async def define(self) -> str | None:
        source = self.made.variant() if self.rng.random() < 0.7 else self.made.source()
        await self.engine.put_definition(GAME, source)
        self.reference.define(source, self.server.clock())
        return f"definition {self.engine.game(GAME).version}"

    async def seal(self) -> str | None:
        """And maybe what is sealed leaves PostgreSQL."""
        connection = await open_connection(self.engine.database.dsn)
        try:
            location, now = Location.at(self.archive), self.engine.now()
            game, lock = self.engine.game(GAME), catalog.lock_of(GAME)
            sealed = await seal(connection, location, game, lock, now, span_events=SPAN_EVENTS)
            removed = await remove_old(connection, location, GAME, now + 1, now) if self.rng.random() < 0.7 else []
        finally:
            await connection.close()
        return f"sealed {len(sealed)}, removed {len(removed)}"

    async def rebuild(self) -> str | None:
        sheets = sorted(self.reference.game.definition.sheets)
        chosen = None if self.rng.random() < 0.5 else self.rng.sample(sheets, 1)
        await refold_postponed(self.engine, GAME)
        await self.engine.rebuild(GAME, chosen)
        return f"rebuilt {chosen}"

    async def restart(self) -> str | None:
        await self.server.stop()
        await self.server.start()
        return "restarted"

    async def later(self) -> str | None:
        """Windows close."""
        self.server.clock.at += self.rng.choice((1, DAY_US, 8 * DAY_US))
        return f"it is {to_datetime(self.server.clock())}"

    # Checks -----------------------------------------------------------------------------------------------------------

    async def check(self) -> State:
        """What there is, is what the reference says: rows, awards, ranks, rarity."""
        await refold_postponed(self.engine, GAME)
        world, wanted = self.server.world, self.reference.state()
        found = await world.state(GAME)
        assert_same(wanted, found, "the facts, and the tables")
        game, now = self.engine.game(GAME), self.server.clock()
        for place in world.places(game, found):
            board, window, partition = place
            end = window.end if window.end is not None and window.end <= now else None
            name = (board.board.name, window.name, partition)
            wanted.ranks[name] = self.reference.standings(wanted.sheets, board.board, window, partition, end)
        found.ranks = await world.ranks_in_memory(GAME, found)
        assert_same(wanted, found, "the facts, and the boards")
        measured = await Rarity(self.engine.pool).of(GAME)
        assert (measured.completed, measured.players) == self.reference.completed(wanted)
        return found

    async def check_log(self) -> None:
        """DuckDB folds the log, wherever it lies, to what there is; and so does Python."""
        async with self.engine.pool.acquire() as connection, snapshot(connection):
            verdict = await verify_game(connection, GAME)
        assert not verdict.differences, verdict.differences[:10]
        assert verdict.events == len(self.reference.events())
        world = self.server.world
        assert_same(await world.folded(GAME), await world.state(GAME), "the log in Python, and the tables")

    async def check_past(self) -> None:
        """Boards and sheets as of a moment are what the facts up to it make, with today's corrections."""
        at = self.rng.choice(TIMES) + self.rng.choice((-1, 0, 0, 1))
        then = self.reference.as_of(at)
        wanted, game = then.state(), self.engine.game(GAME)
        for board in game.definition.boards.values():
            compiled = CompiledBoard(game.definition, board)
            places = [
                (window, part)
                for kind in compiled.sheet.windows
                if (window := game.calendar.window(kind, at)) is not None
                for part in self._parts(compiled, wanted)
            ]
            for window, part in self.rng.sample(places, min(len(places), 3)):
                shown = await self.engine.past.page(game, PastQuestion(compiled, window, part, at), 0, 1_000)
                found = [(line.rank, line.player, *line.values.values(), line.since) for line in shown.entries]
                until = at + 1 if window.end is None else min(at + 1, window.end)
                expected = then.standings(wanted.sheets, board, window, part, until)
                assert found == expected, (board.name, window, part, at)
        for sheet in game.definition.sheets.values():
            for kind in sheet.windows:
                window = game.calendar.window(kind, at)
                if window is not None:
                    await self._check_sheet_then(sheet.name, window, at, wanted)

    def _parts(self, board: CompiledBoard, state: State) -> list[Partition]:
        rows = state.sheets[board.sheet.name].values()
        values = {"region": ["eu", "us"], "clan": ["red"]}
        found = []
        for names in board.board.partitions:
            chosen = [sorted(values.get(name) or {row[name] for row in rows}) for name in names]
            if all(chosen):
                found.append(Partition(names, tuple(self.rng.choice(each) for each in chosen)))
        return found

    async def _check_sheet_then(self, name: str, window: Any, at: int, wanted: State) -> None:
        engine, game = self.engine, self.engine.game(GAME)
        sheet, question = game.sheet(name), Question(window, {}, (), 1_000, 0)
        rows, total = await page_as_of(
            engine.pool, engine.directory, engine.past.one_at_a_time, game, sheet, question, at
        )
        found = {(window.name, *row.key.values()): row.values for row in rows}
        players = [place for place, column in enumerate(sheet.key, 1) if column.type.kind == "player"]
        expected = {
            key: {name: _shown(row[name], column.type.kind) for name, column in sheet.columns.items()}
            for key, row in wanted.sheets[name].items()
            if key[0] == window.name and not self.reference.hidden & {key[place] for place in players}
        }
        unlike = list(differences(expected, found))
        assert not unlike, (name, window, at, unlike[:10])
        assert total == len(expected)


def _shown(value: Any, kind: str) -> Any:
    """As pages of a sheet show it."""
    return iso(value) if kind == "time" and value is not None else value


CORRECTING: Final[dict[Step, int]] = {
    Playing.void_event: 6,
    Playing.void_match: 8,
    Playing.void_player: 6,
    Playing.ban: 8,
    Playing.merge: 10,
    Playing.judge: 6,
    Playing.undo: 6,
    Playing.seal: 3,
    Playing.restart: 1,
    Playing.rebuild: 1,
}
FACTS: Final[dict[Step, int]] = {
    Playing.send: 10,
    Playing.profile: 2,
    Playing.season: 1,
    Playing.seal: 2,
}
STEPS: Final[dict[Step, int]] = {
    Playing.send: 40,
    Playing.void_event: 6,
    Playing.void_match: 8,
    Playing.void_player: 5,
    Playing.ban: 5,
    Playing.merge: 8,
    Playing.judge: 4,
    Playing.undo: 14,
    Playing.profile: 4,
    Playing.season: 3,
    Playing.define: 3,
    Playing.seal: 6,
    Playing.rebuild: 2,
    Playing.restart: 2,
    Playing.later: 2,
}

"""A merge outlives a change of the definition: undone after it, everybody has what the new rules give them."""

from kleos.engine.engine import Engine
from kleos.moderation.asked import Merge
from kleos.moderation.corrections import Corrections
from kleos.store.database import Database
from tests.definitions.test_appearing import DUELS, SUFFERED, check, send
from tests.laws.world import NOW, Clock, wire_time


def duel(number: int, target: str) -> dict[str, object]:
    at = wire_time(NOW - (100 - number) * 1_000_000)
    return {
        "type": "duel",
        "id": f"d{number}",
        "match": f"m{number}",
        "at": at,
        "by": "ann",
        "target": target,
        "hard": True,
    }


async def hits(engine: Engine) -> dict[str, int | float | None]:
    page = await engine.standings.page(engine.game("duels"), "suffered", "all", {}, 0, 9)
    return {line.player: line.value for line in page.entries}


async def test_a_merge_is_undone_where_only_the_new_definition_gives_the_merged_player_facts(
    database: Database,
) -> None:
    async with Engine.open(database, clock=Clock(NOW)) as engine:
        corrections = Corrections(engine)
        await engine.put_definition("duels", DUELS + SUFFERED)
        await send(engine, duel(0, "cy"), duel(1, "dee"))
        await engine.put_definition("duels", DUELS)
        await send(engine, *(duel(number, "cy" if number % 3 else "dee") for number in range(2, 12)))
        made = await corrections.make("duels", Merge(player="cy", into="dee", reason="one person"), "a moderator")
        await check(engine)
        await engine.put_definition("duels", DUELS + SUFFERED)
        await check(engine)
        assert await hits(engine) == {"dee": 12}
        assert made.correction is not None
        await corrections.undo("duels", made.correction.seq, "a moderator", "two people")
        assert await hits(engine) == {"cy": 8, "dee": 4}
        await check(engine)

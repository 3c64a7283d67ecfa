"""Law 2, told to people: what is said to be behind a number comes to the number, for every cell of every sheet."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleos.core.definition.model import Sheet
from kleos.engine.game import Game
from kleos.sheets.explain import Behind, Explained, Place, Step, explain
from tests.laws.stories import in_any_order, random_story
from tests.laws.test_law2_only_the_facts_count import tell
from tests.laws.world import World, moment

MOST_CELLS = 40


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
async def test_what_is_behind_a_cell_comes_to_the_cell(world: World, rng: random.Random) -> None:
    story = random_story(rng, most_facts=40)
    game = world.engine.game(await tell(world, in_any_order(rng, story), rng))
    times = {fact["id"]: moment(fact["at"]) for fact in story.facts}
    cells = await every_cell(world, game)
    for place, cell in rng.sample(cells, min(MOST_CELLS, len(cells))):
        found = await explain(world.engine.pool, game, place, 0, 1_000)
        assert found is not None
        assert found.value == cell, place
        check(game, place, found, times)
        await check_pages(world, game, place, found, rng.choice((1, 2, 7)))


async def every_cell(world: World, game: Game) -> list[tuple[Place, Any]]:
    cells = []
    for sheet in game.definition.sheets.values():
        keys = [column.name for column in sheet.key]
        for row in await world.engine.pool.fetch(f'SELECT * FROM "{game.name}"."{sheet.name}" WHERE present'):
            window, key = game.calendar.named(row["window"], world.clock()), tuple(row[name] for name in keys)
            cells += [(Place(sheet, column, window, key), row[column]) for column in sheet.columns]
    return cells


def check(game: Game, place: Place, found: Explained, times: dict[str, int]) -> None:
    for behind in found.cells:
        order = [(step.at, step.event) for step in behind.page]
        assert behind.next is None
        assert order == sorted(order)
        assert all(place.window.holds(step.at) for step in behind.page)
        if place.sheet.name != "awards":
            assert all(times[step.event] == step.at for step in behind.page)
        if behind.page:
            assert behind.page[-1].value == behind.value, place
        assert comes_to(behind) == (pytest.approx(behind.value) if isinstance(behind.value, float) else behind.value)
    formulas = game.plan.formulas[place.sheet.name]
    if place.sheet.columns[place.column].formula is not None:
        inputs = {behind.column: behind.value for behind in found.cells}
        assert formulas({**dict.fromkeys(unrelated(place.sheet), 0), **inputs})[place.column] == found.value


def unrelated(sheet: Sheet) -> list[str]:
    return [name for name, column in sheet.columns.items() if column.formula is None]


def comes_to(behind: Behind) -> Any:
    """What the contributions say the cell is, by a reference that knows no fold."""
    given = [step.given for step in behind.page]
    match behind.fold.kind:
        case "count" | "sum":
            assert behind.deciding is None
            return sum(given)
        case "min" | "max":
            best = (min if behind.fold.kind == "min" else max)(given, default=None)
            assert decided_by(behind) == next((step for step in behind.page if step.given == best), None)
            return best
        case "last":
            assert decided_by(behind) == (behind.page[-1] if behind.page else None)
            return given[-1] if given else None
    runs = [len(run) for run in "".join("x" if went_on else " " for went_on in given).split(" ")]
    return max(runs) if behind.column.endswith("_best") else runs[-1]


def decided_by(behind: Behind) -> Step | None:
    return behind.deciding


async def check_pages(world: World, game: Game, place: Place, whole: Explained, size: int) -> None:
    """The same page by page, as far as the longest goes."""
    told: dict[str, list[Step]] = {behind.column: [] for behind in whole.cells}
    offset: int | None = 0
    while offset is not None:
        part = await explain(world.engine.pool, game, place, offset, size)
        assert part is not None
        for behind, all_of_it in zip(part.cells, whole.cells, strict=True):
            told[behind.column] += behind.page
            assert behind.deciding == all_of_it.deciding
        offset = max((behind.next for behind in part.cells if behind.next is not None), default=None)
    assert told == {behind.column: list(behind.page) for behind in whole.cells}


async def test_a_row_that_there_is_not(world: World) -> None:
    game = world.engine.game(await world.new_game())
    sheet = game.sheet("career")
    place = Place(sheet, "played", game.calendar.named("all", world.clock()), (987_654_321,))
    assert await explain(world.engine.pool, game, place, 0, 10) is None

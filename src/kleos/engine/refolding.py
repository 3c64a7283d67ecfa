"""Refolding what commits have left because its history lies in files, and telling memory what it came to."""

from collections.abc import Mapping

from kleos.core.errors import StaleDefinition
from kleos.engine import catalog
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.log import sql as log_sql
from kleos.log.commit import Committed
from kleos.sheets.changes import RowChange
from kleos.sheets.postponed import Refolded, refold_some


async def refold_postponed(engine: Engine, name: str) -> int:
    """Refolds all that waits for it in a game; answers how many rows and players that were."""
    committer = engine.committer(name)
    engine.guard.check()
    done = 0
    async with engine.long_work.connection() as connection:
        while True:
            game = await committer.when_open()
            try:
                refolded = await refold_some(connection, game, committer.writers, catalog.lock_of(name))
            except StaleDefinition:
                continue
            if not refolded.done:
                return done
            done += refolded.done
            if committer.game is game:  # what replaced it is read anew
                await _publish(engine, game, refolded)


async def _publish(engine: Engine, game: Game, refolded: Refolded) -> None:
    players = {change.player for change in refolded.awards}
    for change in refolded.changes:
        sheet = game.sheet(change.sheet)
        players.update(change.row[column.name] for column in sheet.key if column.type.kind == "player")
    cards = await engine.directory.by_number(game.namespace, sorted(players))
    ids = {number: card.id for number, card in cards.items()}
    shown = [change for change in refolded.changes if _is_known(game, change, ids)]
    awards = [change for change in refolded.awards if change.player in ids]
    engine.publish(game, Committed(frozenset(), None, shown, awards, ids, [*cards.values()]))
    if refolded.awards:  # boards of awards as of a moment that was asked for meanwhile rest on what they were
        engine.past.forget(game.name)
    if refolded.outbox is not None:
        await engine.pool.execute(log_sql.DROP_OUTBOX, [refolded.outbox])


def _is_known(game: Game, change: RowChange, ids: Mapping[int, str]) -> bool:
    """Whether every player in the row's key has an id: who was deleted has none, and stands on no board."""
    return all(change.row[c.name] in ids for c in game.sheet(change.sheet).key if c.type.kind == "player")

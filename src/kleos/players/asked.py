"""Whom a request about a player means: the namespace of the id, the card, the games that count."""

from dataclasses import dataclass

from kleos.core.errors import BadInput, NotFound
from kleos.core.ids import check_external_id
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.players.directory import Card


@dataclass(frozen=True, slots=True)
class Asked:
    """``games`` are those of the namespace, or the one asked for; without those in which the player is banned."""

    namespace: str
    card: Card
    games: tuple[Game, ...]


def namespace_of(engine: Engine, namespace: str | None, game: str | None = None) -> str:
    """The namespace asked for, or that of the game asked for, or the shared one."""
    of_game = engine.game(game).namespace if game is not None else ""
    if namespace is None:
        return of_game
    known = {each.namespace for each in engine.games()} | {""}
    if namespace not in known:
        raise NotFound("namespace", namespace, sorted(known - {""}))
    if game is not None and namespace != of_game:
        raise BadInput(f"the players of {game!r} are not of the namespace {namespace!r}", "namespace")
    return namespace


async def card_asked(engine: Engine, game: Game, player: str) -> Card:
    """Raises NotFound for a player that does not exist, and for one who is banned in the game."""
    card = await engine.directory.card_in(game.namespace, game.name, player)
    if card is None:
        raise NotFound("player", player)
    return card


async def player_asked(engine: Engine, player: str, namespace: str | None, game: str | None) -> Asked:
    """Raises NotFound for a player that does not exist (one with no row, award or profile), and for one who is banned
    in the game asked for."""
    space = namespace_of(engine, namespace, game)
    card = await engine.directory.card(space, check_external_id(player))
    if card is None:
        raise NotFound("player", player)
    games = tuple(
        each
        for each in engine.games()
        if each.namespace == space
        and game in (None, each.name)
        and card.id not in engine.directory.hidden_in(space, each.name)
    )
    if game is not None and not games:
        raise NotFound("player", player)
    return Asked(space, card, games)

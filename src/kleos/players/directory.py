"""Who a player is: the external id a game uses, the number inside, the profile in force. A cache over the database."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

import asyncpg
import msgspec

from kleos.core.cells import Values
from kleos.players import sql


@dataclass(frozen=True, slots=True)
class Card:
    """``exists`` is False for an identity that has no sheet row, award or profile yet (a computer player never has)."""

    player: int
    id: str
    exists: bool
    name: str | None = None
    region: str | None = None
    avatar: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown_name(self) -> str:
        return self.name if self.name is not None else self.id

    def attribute(self, name: str) -> str | None:
        """The value by which partitions ask: ``region`` or a declared attribute."""
        return self.region if name == "region" else self.attributes.get(name)


class Hidden(AbstractSet[str]):
    """The ids of those whom nobody sees in one game: hidden everywhere, or there. Live."""

    __slots__ = ("_everywhere", "_here")

    def __init__(self, everywhere: AbstractSet[str] = frozenset(), here: AbstractSet[str] = frozenset()) -> None:
        self._everywhere = everywhere
        self._here = here

    def __contains__(self, id: object) -> bool:
        return id in self._everywhere or id in self._here

    def __iter__(self) -> Iterator[str]:
        yield from self._everywhere
        yield from self._here - self._everywhere

    def __len__(self) -> int:
        return len(self._everywhere) + len(self._here - self._everywhere)

    def __bool__(self) -> bool:
        return bool(self._everywhere) or bool(self._here)


class Directory:
    """Cards by external id and by number, at most ``capacity`` of them; the database is asked for the rest.

    Whoever changes a card writes it with :meth:`keep` after the commit, never before; whoever read one adds it with
    :meth:`learn`, which never puts an old reading over a newer card.
    """

    def __init__(self, pool: asyncpg.Pool, capacity: int = 2_000_000) -> None:
        self._pool = pool
        self._capacity = capacity
        self._by_id: OrderedDict[tuple[str, str], Card] = OrderedDict()
        self._by_number: dict[tuple[str, int], Card] = {}
        self._names: dict[tuple[str, str], str] | None = None
        self._hidden: dict[str, set[str]] = {}
        self._hidden_in: dict[str, set[str]] = {}
        self._meant: dict[tuple[str, str], str] = {}
        self.found = 0
        self.asked = 0

    @property
    def size(self) -> int:
        """Cards in memory; of the cards asked for, ``found`` were there and ``asked`` were read from the database."""
        return len(self._by_id)

    def hidden(self, namespace: str) -> set[str]:
        """The ids of those whom nobody sees in any game: one live set for each namespace."""
        return self._hidden.setdefault(namespace, set())

    def hidden_in(self, namespace: str, game: str) -> Hidden:
        """The ids of those whom nobody sees in a game: live."""
        return Hidden(self.hidden(namespace), self._hidden_in.setdefault(game, set()))

    def meant(self, namespace: str, id: str) -> str:
        """The id of the player as whom this one counts: his own, unless he was merged."""
        return self._meant.get((namespace, id), id) if self._meant else id

    def counting_as(self, namespace: str, id: str) -> list[str]:
        """The ids of those who were merged into a player."""
        return sorted(other for (space, other), meant in self._meant.items() if (space, meant) == (namespace, id))

    async def load_corrected(self) -> None:
        """Reads who is hidden and who was merged; to be called before anybody asks, after a correction, and after the
        database was away."""
        rows = await self._pool.fetch(sql.HIDDEN_IDS)
        merged = await self._pool.fetch(sql.MERGED_IDS)
        for ids in (*self._hidden.values(), *self._hidden_in.values()):
            ids.clear()
        for row in rows:
            if row["game"]:
                self._hidden_in.setdefault(row["game"], set()).add(row["id"])
            else:
                self.hidden(row["namespace"]).add(row["id"])
        self._meant = {(row["namespace"], row["id"]): row["meant"] for row in merged}

    def cached(self, namespace: str, id: str) -> Card | None:
        return self._by_id.get((namespace, id))

    def cached_number(self, namespace: str, player: int) -> Card | None:
        return self._by_number.get((namespace, player))

    def keep(self, namespace: str, cards: Iterable[Card]) -> None:
        for card in cards:
            self._by_id[(namespace, card.id)] = card
            self._by_number[(namespace, card.player)] = card
            if self._names is not None:
                self._keep_name(self._names, (namespace, card.id), card.name)
        while len(self._by_id) > self._capacity:
            (space, _), old = self._by_id.popitem(last=False)
            self._by_number.pop((space, old.player), None)

    @staticmethod
    def _keep_name(names: dict[tuple[str, str], str], whose: tuple[str, str], name: str | None) -> None:
        if name is not None:
            names[whose] = name
        else:
            names.pop(whose, None)

    async def read_names(self) -> None:
        """From here on every name there is is known, so that who is not among them is shown by the id, unasked."""
        rows = await self._pool.fetch(sql.ALL_NAMES)
        self._names = {(row["namespace"], row["id"]): row["name"] for row in rows}

    async def shown_names(self, namespace: str, ids: Sequence[str]) -> dict[str, str]:
        """What each of these ids is shown as; an id that nobody knows stands for itself."""
        names = self._names
        if names is not None:
            return {id: names.get((namespace, id), id) for id in ids}
        cards = await self.cards(namespace, ids)
        return {id: cards[id].shown_name if id in cards else id for id in ids}

    def learn(self, namespace: str, cards: Iterable[Card]) -> None:
        self.keep(namespace, [card for card in cards if (namespace, card.id) not in self._by_id])

    def mark_existing(self, namespace: str, ids: Iterable[str]) -> None:
        """After a commit that gave these identities their first row."""
        for id in ids:
            card = self._by_id.get((namespace, id))
            if card is not None and not card.exists:
                self.keep(namespace, (replace(card, exists=True),))

    def forget(self, player: int) -> None:
        """Drop what is known of a player in every namespace, so that it is read anew."""
        self._names = None
        for key in [key for key in self._by_number if key[1] == player]:
            card = self._by_number.pop(key)
            self._by_id.pop((key[0], card.id), None)

    def delete(self, namespace: str, player: int, id: str) -> None:
        """After a player was deleted: nothing is to be known of them any more."""
        self._by_number.pop((namespace, player), None)
        self._by_id.pop((namespace, id), None)
        self.hidden(namespace).discard(id)
        if self._names is not None:
            self._names.pop((namespace, id), None)

    def clear(self) -> None:
        """Drop everything, so that it is read anew."""
        self._by_id.clear()
        self._by_number.clear()

    async def cards(self, namespace: str, ids: Sequence[str]) -> dict[str, Card]:
        """Cards of those ids that are known; an unknown id is not in the answer, a merged one has the other's card."""
        if self._meant and (others := {id: meant for id in ids if (meant := self.meant(namespace, id)) != id}):
            cards = await self.cards(namespace, list(dict.fromkeys(others.get(id, id) for id in ids)))
            return {id: card for id in ids if (card := cards.get(others.get(id, id))) is not None}
        found = {id: card for id in ids if (card := self._by_id.get((namespace, id))) is not None}
        missing = [id for id in ids if id not in found]
        self.found += len(found)
        self.asked += len(missing)
        if missing:
            rows = await self._pool.fetch(sql.CARDS_BY_ID, namespace, missing)
            read = [card_of(row) for row in rows]
            self.learn(namespace, read)
            found.update((card.id, self._by_id.get((namespace, card.id), card)) for card in read)
        return found

    async def card(self, namespace: str, id: str) -> Card | None:
        """One player that exists and is seen; None for an unknown id, and for an identity that is no player yet."""
        id = self.meant(namespace, id)
        if id in self.hidden(namespace):
            return None
        card = self._by_id.get((namespace, id))
        if card is None:
            card = (await self.cards(namespace, (id,))).get(id)
        else:
            self.found += 1
        return card if card is not None and card.exists else None

    async def card_in(self, namespace: str, game: str, id: str) -> Card | None:
        """One player that exists and is seen in a game; None as :meth:`card`, and for one who is banned there."""
        card = await self.card(namespace, id)
        return card if card is not None and card.id not in self.hidden_in(namespace, game) else None

    async def by_number(self, namespace: str, players: Sequence[int]) -> dict[int, Card]:
        found = {player: card for player in players if (card := self._by_number.get((namespace, player))) is not None}
        missing = [player for player in players if player not in found]
        if missing:
            rows = await self._pool.fetch(sql.CARDS_BY_NUMBER, namespace, missing)
            read = [card_of(row) for row in rows]
            self.learn(namespace, read)
            found.update((card.player, self._by_number.get((namespace, card.player), card)) for card in read)
        return found


def card_of(row: Values) -> Card:
    attributes = msgspec.json.decode(row["attributes"]) if row["attributes"] else {}
    return Card(row["player"], row["id"], row["exists"], row["name"], row["region"], row["avatar"], attributes)

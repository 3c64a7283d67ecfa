"""A great audience is told in slices: in order, everybody once, nobody what was told before they came."""

import asyncio
from dataclasses import dataclass, field

from kleos.feed.audience import AT_ONCE, Audience

MANY = 3 * AT_ONCE + 1


@dataclass(eq=False, slots=True)
class Heard:
    messages: list[int] = field(default_factory=list)

    def deliver(self, message: int) -> None:
        self.messages.append(message)


def seated(count: int) -> tuple[Audience[int], list[Heard]]:
    audience, listeners = Audience[int](), [Heard() for _ in range(count)]
    for each in listeners:
        audience.join(each)
    return audience, listeners


async def test_few_have_heard_at_once() -> None:
    audience, listeners = seated(AT_ONCE)
    audience.tell(1)
    assert all(each.messages == [1] for each in listeners)
    await audience.all_told()


async def test_the_loop_has_turns_while_many_are_told() -> None:
    audience, listeners = seated(MANY)
    audience.tell(1)
    counts = []
    while (told := sum(len(each.messages) for each in listeners)) < MANY:
        counts.append(told)
        await asyncio.sleep(0)
    assert counts[0] == AT_ONCE
    assert len(counts) >= 3
    steps = [later - earlier for earlier, later in zip(counts, [*counts[1:], MANY], strict=True)]
    assert max(steps) <= 2 * AT_ONCE


async def test_messages_keep_their_order_however_many_are_under_way() -> None:
    audience, listeners = seated(MANY)
    for number in range(5):
        audience.tell(number)
    await audience.all_told()
    assert all(each.messages == [0, 1, 2, 3, 4] for each in listeners)


async def test_who_comes_or_goes_meanwhile() -> None:
    audience, listeners = seated(MANY)
    audience.tell(1)
    gone, back, new = listeners[-1], listeners[-2], Heard()
    assert audience.leave(gone)
    assert not audience.leave(gone)
    audience.leave(back)
    audience.join(back)  # it has had a snapshot, in which the first message is
    audience.join(new)
    audience.tell(2)
    await audience.all_told()
    assert (gone.messages, back.messages, new.messages) == ([], [2], [2])
    assert all(each.messages == [1, 2] for each in listeners[:-2])
    assert len(audience) == MANY


async def test_waiting_is_for_everything_that_is_under_way() -> None:
    audience, listeners = seated(MANY)
    audience.tell(1)
    waiting = asyncio.create_task(audience.all_told())
    await asyncio.sleep(0)
    audience.tell(2)
    await waiting
    assert listeners[-1].messages == [1, 2]

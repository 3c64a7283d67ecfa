"""How smoothly a board of 100,000 rows scrolls, by the browser's own trace: ``make scrolling``.

Two things are told. Frames: how many of those that the compositor wanted were presented, which needs a machine that can
draw (a headless one without a graphics card draws with the same cores that run the page). And the main thread: how
much script, layout and paint each frame took, which is what this project answers for: under 16 ms, no long task.
"""

import argparse
import asyncio
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from playwright.async_api import CDPSession, Page

from tests.web.conftest import visiting
from tests.web.site import Site
from web.audit.site import empty_site, opened_browser

EVENTS_AT_ONCE: Final = 10_000
CATEGORIES: Final = ("devtools.timeline", "disabled-by-default-devtools.timeline.frame", "cc", "benchmark", "toplevel")
FRAME_MS: Final = 1000 / 60
WORK_MS: Final = 16.0
LONG_TASK_MS: Final = 50.0
GESTURE_PX: Final = 12_000
Event = dict[str, Any]


async def main() -> None:
    asked = _arguments()
    with empty_site() as site:
        await _play(site, asked.rows)
        async with (
            opened_browser() as browser,
            visiting(browser, site.url, viewport={"width": 1280, "height": 800}) as visit,
        ):
            page = visit.page
            await page.goto("/g/arcade/b/total_score")
            await page.locator(f"[data-total='{asked.rows}'] [role=row][aria-rowindex='20']").wait_for()
            session = await page.context.new_cdp_session(page)
            for speed_px_s in asked.speeds:
                _tell(f"at {speed_px_s:,} pixels a second", await _traced(page, session, speed_px_s))
            await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            await page.locator(f"[role=row][aria-rowindex='{asked.rows + 1}'][data-player]").wait_for()
            print(f"the last of {asked.rows:,} rows is there")


async def _play(site: Site, rows: int) -> None:
    at = datetime.now(UTC).isoformat()
    for start in range(0, rows, EVENTS_AT_ONCE):
        numbers = range(start, min(rows, start + EVENTS_AT_ONCE))
        await site.tell(
            "arcade",
            *(
                {
                    "type": "score_submitted",
                    "id": f"run-{number}",
                    "at": at,
                    "player": f"player-{number}",
                    "score": float(1 + number),
                    "game_mode": "classic",
                }
                for number in numbers
            ),
        )


async def _traced(page: Page, session: CDPSession, speed_px_s: int) -> list[Event]:
    events: list[Event] = []
    ended = asyncio.Event()
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda told: ended.set())
    await session.send("Tracing.start", {"categories": ",".join(CATEGORIES), "transferMode": "ReportEvents"})
    gesture = {"x": 640, "y": 500, "yDistance": -GESTURE_PX, "speed": speed_px_s, "gestureSourceType": "mouse"}
    await session.send("Input.synthesizeScrollGesture", gesture)
    await session.send("Tracing.end")
    await ended.wait()
    return events


def _tell(what: str, events: list[Event]) -> None:
    presented, dropped = _frames(events)
    tasks, per_frame = _main_thread(events)
    wanted = max(1, presented + dropped)
    print(f"\n{what}")
    print(f"  frames: {presented} of {wanted} presented on time ({100 * presented / wanted:.1f} %)")
    if per_frame:
        light = sum(work <= WORK_MS for work in per_frame)
        share = 100 * light / len(per_frame)
        print(f"  main thread: {light} of {len(per_frame)} frames under {WORK_MS:g} ms ({share:.1f} %)")
        print(f"  work of a frame: median {statistics.median(per_frame):.1f} ms, worst {max(per_frame):.1f} ms")
    long = [task for task in tasks if task > LONG_TASK_MS]
    print(
        f"  long tasks (over {LONG_TASK_MS:g} ms): {len(long)}" + (f", the longest {max(long):.0f} ms" if long else "")
    )


def _frames(events: list[Event]) -> tuple[int, int]:
    """How many frames that somebody would see were presented, and how many dropped."""
    states = [
        event["args"]["chrome_frame_reporter"]["state"]
        for event in events
        if event["name"] == "PipelineReporter" and "chrome_frame_reporter" in event.get("args", {})
    ]
    return (
        sum(state in ("STATE_PRESENTED_ALL", "STATE_PRESENTED_PARTIAL") for state in states),
        sum(state == "STATE_DROPPED" for state in states),
    )


def _main_thread(events: list[Event]) -> tuple[list[float], list[float]]:
    """The durations of the tasks of the page's main thread, and their sum by frame, in milliseconds."""
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    tasks = sorted(
        ((event["ts"] / 1000, event.get("dur", 0) / 1000) for event in _tasks(events, threads)),
        key=lambda task: task[0],
    )
    begun = sorted(event["ts"] / 1000 for event in events if event["name"] == "BeginMainThreadFrame")
    return [took for _, took in tasks], [
        sum(took for at, took in tasks if start <= at < end)
        for start, end in pairwise(begun)
        if end - start < 4 * FRAME_MS
    ]


def _tasks(events: list[Event], threads: set[tuple[int, int]]) -> Iterator[Event]:
    for event in events:
        if (
            event["ph"] == "X"
            and (event["pid"], event["tid"]) in threads
            and event["name"] in ("RunTask", "ThreadControllerImpl::RunTask")
        ):
            yield event


def _arguments() -> argparse.Namespace:
    def speeds(text: str) -> list[int]:
        return [int(each) for each in text.split(",")]

    parser = argparse.ArgumentParser(prog="make scrolling", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--speeds", type=speeds, default=[1_000, 4_000, 12_000], help="in pixels a second")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())

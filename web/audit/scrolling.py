"""How smoothly a board of 100,000 rows scrolls, by the browser's own trace: ``make scrolling``.

Two things are told. Frames: how many of those that the compositor wanted were presented, which needs a machine that can
draw (a headless one without a graphics card draws with the same cores that run the page). And the main thread: how
much script, layout and paint each frame took; where that is more than a frame has, the compositor scrolls on alone.

Fails where fewer than 95 of 100 frames were presented, or under 57 a second: 60, but for the ends of a gesture.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from playwright.async_api import CDPSession, Page

from bench.machine import machine
from bench.report import PAGE, Row, table, write
from tests.web.conftest import visiting
from tests.web.site import Site
from web.audit.site import empty_site, opened_browser

EVENTS_AT_ONCE: Final = 10_000
CATEGORIES: Final = ("devtools.timeline", "disabled-by-default-devtools.timeline.frame", "cc", "benchmark", "toplevel")
FRAME_MS: Final = 1000 / 60
WORK_MS: Final = 16.0
PRESENTED_SHARE: Final = 0.95
FRAMES_PER_S: Final = 57.0
GESTURE_PX: Final = 12_000
PRESENTED: Final = frozenset({"STATE_PRESENTED_ALL", "STATE_PRESENTED_PARTIAL"})
Event = dict[str, Any]


async def main() -> int:
    asked = _arguments()
    rows: list[Row] = []
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
                rows += _rows(
                    f"{asked.rows:,} rows, {speed_px_s:,} pixels a second", await _traced(page, session, speed_px_s)
                )
            await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            await page.locator(f"[role=row][aria-rowindex='{asked.rows + 1}'][data-player]").wait_for()
    print(table(rows))
    if asked.write:
        write({"scrolling": rows}, machine())
    return 1 if any(row.met is False for row in rows) else 0


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


def _rows(what: str, events: list[Event]) -> list[Row]:
    presented, dropped, seconds = _frames(events)
    wanted, rate = presented + dropped, presented / seconds
    is_smooth = presented >= PRESENTED_SHARE * wanted and rate >= FRAMES_PER_S
    tasks, per_frame = _main_thread(events)
    light = sum(work <= WORK_MS for work in per_frame)
    return [
        Row(
            f"{what}: frames a second",
            "60",
            f"{rate:.1f}, {presented} of {wanted} presented",
            met=is_smooth,
            note=f"the main thread took under {WORK_MS:g} ms in {light} of {len(per_frame)} frames (median "
            f"{statistics.median(per_frame):.1f} ms), its longest task {max(tasks):.0f} ms",
        )
    ]


def _frames(events: list[Event]) -> tuple[int, int, float]:
    """How many frames of the scrolled page were presented, how many were dropped, and the seconds that it took.

    The trace has a report for each frame that the compositor began. Raises where it has none: the browser's words for
    it change.
    """
    reports = [
        (event["ts"] / 1e6, report)
        for event in events
        if event["name"] == "PipelineReporter"
        and (report := event["args"].get("frame_reporter") or event["args"].get("chrome_frame_reporter"))
        and report["scroll_state"] != "SCROLL_NONE"
    ]
    if not reports:
        raise LookupError("the trace says nothing of the frames of a scroll: this browser reports them otherwise")
    states: dict[tuple[int, int], set[str]] = {}  # what script drew late is reported apart from what scrolled meanwhile
    for _, report in reports:
        states.setdefault((report["frame_source"], report["frame_sequence"]), set()).add(report["state"])
    presented = sum(not PRESENTED.isdisjoint(of_frame) for of_frame in states.values())
    dropped = sum("STATE_DROPPED" in of_frame and PRESENTED.isdisjoint(of_frame) for of_frame in states.values())
    at_s = [at for at, _ in reports]
    return presented, dropped, max(at_s) - min(at_s)


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
    parser.add_argument("--write", action="store_true", help=f"renew its section of {PAGE}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

"""What somebody sees who has typed `make demo` and opens the address that it prints."""

import re

from playwright.async_api import Browser, expect

from tests.cli.conftest import Process, _popen
from tests.web.conftest import visiting

SOON_MS = 10_000
MOVED = "before => document.querySelector('[role=table]').innerText !== before"


async def test_a_board_moves_and_matches_run(browser: Browser) -> None:
    demo = Process(_popen(("demo", "--port", "0", "--seed", "5"), {}))
    try:
        url = demo.until(re.compile(r"Open (http://127\.0\.0\.1:\d+)/\s"))[1]
        async with visiting(browser, url) as visit:
            page = visit.page
            await page.goto("/g/golf/b/wins")
            board = page.get_by_role("table", name="Wins")
            await expect(board.get_by_role("row").nth(1)).to_be_visible(timeout=SOON_MS)
            await page.wait_for_function(MOVED, arg=await board.inner_text(), timeout=SOON_MS)
            await page.goto("/")
            live = page.get_by_role("region", name="Live now")
            await expect(live.get_by_role("link").first).to_be_visible()
            await live.get_by_role("link").first.click()
            await expect(page.get_by_role("heading", level=1)).to_contain_text("Match of")
    finally:
        demo.end()

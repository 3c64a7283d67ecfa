"""A board at a moment of the past, and what stands behind its numbers."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, expect

from tests.web.conftest import line_of, visiting, why
from tests.web.site import Golf, Site


async def test_a_number_says_why_it_was_so_then(site: Site, golf: Golf, browser: Browser) -> None:
    await site.name(past_ann="Ann")
    await golf.play("past_ann", "past_bob", times=5, minutes_ago=60)
    await golf.play("past_ann", "past_bob", times=2)
    then = (datetime.now(UTC) - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        for address, wins in ((f"?as_of={then}", 5), ("", 7)):
            await page.goto(f"{golf.path}/b/wins{address}")
            await why(line_of(page, "past_ann"), "Wins", "Ann").click()
            dialog = page.get_by_role("dialog")
            await expect(dialog.locator("strong")).to_have_text(str(wins))
            await expect(dialog.locator("tbody tr")).to_have_count(wins)

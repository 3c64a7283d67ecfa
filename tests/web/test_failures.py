"""Answers that do not come: every page says so, and has them again when they do."""

import asyncio

from playwright.async_api import Browser, Page, Route, expect

from tests.web.conftest import PATIENCE_MS, has_loaded, visiting
from tests.web.site import Golf, Site

ADDRESSES = (
    "/",
    "/g/{game}",
    "/g/{game}/b/wins",
    "/g/{game}/achievements",
    "/g/{game}/insight",
    "/g/{game}/m/one",
    "/p/failures_ann",
    "/p/failures_ann?game={game}",
    "/p/failures_ann/vs/failures_bob",
    "/p/failures_ann/vs/failures_bob?game={game}",
)
CLICK_ALL = "(buttons) => buttons.forEach((button) => button.click())"
AWAY = '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The database is away."}'


async def refuse(route: Route) -> None:
    await route.fulfill(status=503, content_type="application/problem+json", body=AWAY)


async def test_every_page_says_what_does_not_come_and_tries_again(site: Site, golf: Golf, browser: Browser) -> None:
    await golf.play("failures_ann", "failures_bob", match="one")

    async def fail(page: Page, address: str) -> None:
        await page.route("**/v1/**", refuse)
        await page.goto(address)
        failed = page.get_by_role("alert").filter(has_text="The database is away.")
        await expect(failed.first).to_be_visible()
        await page.unroute("**/v1/**")
        async with asyncio.timeout(PATIENCE_MS / 1000):
            await has_loaded(page)  # what was on its way may fail yet
            while await failed.count():
                await failed.get_by_role("button", name="Try again").evaluate_all(CLICK_ALL)
                await has_loaded(page)
        await expect(failed).to_have_count(0)

    async with visiting(browser, site.url) as visit:
        pages = [await visit.context.new_page() for _ in ADDRESSES]
        given = [address.format(game=golf.name) for address in ADDRESSES]
        await asyncio.gather(*map(fail, pages, given))

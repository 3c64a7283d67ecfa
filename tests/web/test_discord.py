"""Logging in with Discord in the browser, against a stand-in for it."""

import pytest
from playwright.async_api import Browser, Route, expect

from kleos.store.database import Database
from tests.server.auth.conftest import opened
from tests.server.auth.stand_in import discord_at, standing_in
from tests.web.conftest import visiting

ELSEWHERE = "http://kleos.example"
HELD = "JSON.parse(localStorage.getItem('kleos-session'))?.state.session ?? null"


@pytest.mark.parametrize("says_no", [False, True])
async def test_coming_in_with_discord(database: Database, browser: Browser, says_no: bool) -> None:
    async with standing_in() as issuer, opened(database, discord=discord_at(issuer, ELSEWHERE)) as site:
        issuer.says_no = says_no

        async def come_home(route: Route) -> None:
            """The application at Discord was told an address before this server had one."""
            address = route.request.url.replace(ELSEWHERE, site.url)
            await route.fulfill(status=302, headers={"Location": address})

        async with visiting(browser, site.url) as visit:
            page = visit.page
            await page.route(f"{ELSEWHERE}/**", come_home)
            await page.goto("/me")
            await page.get_by_role("link", name="Continue with Discord").click()
            if says_no:
                await expect(page.get_by_role("alert")).to_have_text("Discord was not allowed to say who you are")
                await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
            else:
                await expect(page.get_by_role("heading", name="Ann <b>")).to_be_visible()
            assert page.url == f"{site.url}/me"


async def test_an_address_logs_nobody_in_who_has_not_gone_to_discord(database: Database, browser: Browser) -> None:
    async with opened(database) as site:
        strange = (await site.registered("mallory"))["refresh_token"]
        async with visiting(browser, site.url) as visit:
            page = visit.page
            await page.goto(f"/me#token={strange}")
            await page.wait_for_url(f"{site.url}/me")
            await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
            await expect(page.get_by_role("link", name="Continue with Discord")).to_have_count(0)
            assert (
                await page.evaluate("JSON.parse(localStorage.getItem('kleos-session'))?.state.session ?? null") is None
            )
        assert (await site.good("POST", "/v1/auth/refresh", json={"refresh_token": strange}))["player"] == "mallory"

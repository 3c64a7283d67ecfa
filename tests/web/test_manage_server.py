"""The manage pages for who has a key: the definition, changed with its effect shown first, and keys, shown once."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.cli.conftest import KEY
from tests.web.conftest import has_loaded, log_in, visiting
from tests.web.site import Golf, Site

ALMOST: Final = 6


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    await site.name(server_ann="Ann")
    await golf.play("server_ann", "server_bob", times=ALMOST)


async def use_key(page: Page, key: str) -> None:
    await page.goto("/manage")
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Use this key").click()


async def test_says_what_it_takes_to_come_in(site: Site, browser: Browser) -> None:
    await site.account("nell@example.org", "server_nell", "Nell")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/manage")
        await expect(page.get_by_text("For those who run games")).to_be_visible()
        await use_key(page, "no-such-key")
        await expect(page.get_by_role("alert")).to_contain_text("This key is not good")
        await page.get_by_role("button", name="Forget the key").click()
        await log_in(page, "nell@example.org")
        await page.goto("/manage")
        await expect(page.get_by_role("alert")).to_contain_text("without a right")
        await expect(page.get_by_role("banner").get_by_role("link", name="Manage")).to_have_count(0)


async def test_changes_a_definition_after_seeing_what_it_would_do(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await use_key(page, KEY)
        await page.get_by_role("link", name=golf.title).click()
        await page.get_by_role("link", name="Definition").click()
        editor = page.get_by_role("textbox", name=re.compile("TOML$"))
        text = await editor.input_value()
        check = page.get_by_role("button", name="Check", exact=True)
        put = page.get_by_role("button", name="Put in force")
        await expect(put).to_be_disabled()

        await editor.fill(text.replace('when  = "games_won >= 10"', 'when  = "games_one >= 10"'))
        await check.click()
        mistakes = page.get_by_role("alert")
        await expect(mistakes).to_contain_text("1 mistake")
        await expect(mistakes).to_contain_text("games_one")
        await mistakes.get_by_role("button", name=re.compile("^Line")).click()
        await expect(editor).to_be_focused()
        marked = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
        assert "games_one >= 10" in await editor.evaluate(marked)
        await expect(put).to_be_disabled()

        await editor.fill(text.replace('when  = "games_won >= 10"', f'when  = "games_won >= {ALMOST}"'))
        await check.click()
        changes = page.get_by_label("What would change")
        await expect(changes).to_contain_text("win_10")
        await expect(changes).to_contain_text(re.compile("1 gain it, 0 lose it.*server_ann gained"))
        await expect(changes).to_contain_text("events are folded")
        async with site.http() as client:
            before = (await client.get("/v1/players/server_ann/achievements", params={"game": golf.name})).json()
            assert "win_10" not in [one["achievement"] for one in before["achievements"] if one["earned"]]
        await put.click()
        await expect(page.get_by_text(re.compile("is in force|fills what is new")).first).to_be_visible()
        await expect(page.get_by_role("listitem").filter(has_text="Version 2")).to_contain_text("in force")
        await page.goto(f"/p/server_ann?game={golf.name}")
        await expect(page.locator("[data-achievement=win_10]")).to_contain_text("✓ Earned")

        await page.goto(f"/manage/{golf.name}/definition")
        await page.get_by_role("button", name="Restore version 1").click()
        dialog = page.get_by_role("dialog", name="Restore version 1")
        await expect(dialog).to_contain_text(re.compile("0 gain it, 1 lose it"))
        await dialog.get_by_role("button", name=re.compile("^Restore it")).click()
        await expect(page.get_by_role("listitem").filter(has_text="Version 3")).to_contain_text("in force")


async def test_keeps_what_is_being_changed_when_another_version_comes(site: Site, golf: Golf, browser: Browser) -> None:
    async with site.http() as client:
        text = (await client.get(f"/v1/games/{golf.name}/definition")).text
    await site.define(golf.name, text + "\n# of another manager\n")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await use_key(page, KEY)
        await page.get_by_role("link", name=golf.title).click()
        await page.get_by_role("link", name="Definition").click()
        editor = page.get_by_role("textbox", name=re.compile("TOML$"))
        mine = await editor.input_value() + "\n# of mine\n"
        await editor.fill(mine)
        await page.get_by_role("button", name="Restore version 1").click()
        dialog = page.get_by_role("dialog", name="Restore version 1")
        await dialog.get_by_role("button", name=re.compile("^Restore it")).click()
        await expect(page.get_by_text("Another version has come into force")).to_be_visible()
        await expect(editor).to_have_value(mine)
        await page.get_by_role("button", name="Throw away my changes").click()
        await expect(editor).not_to_have_value(re.compile("# of"))
        await expect(page.get_by_text("Another version has come into force")).to_have_count(0)


async def test_makes_a_key_that_is_shown_once(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await use_key(page, KEY)
        await page.get_by_role("link", name="Keys").click()
        await page.get_by_role("button", name="Make a key").click()
        form = page.get_by_role("dialog", name="Make a key")
        await form.get_by_label("What it is for").fill("golf server, Frankfurt")
        await form.get_by_label(golf.title).check()
        await form.get_by_role("button", name="Make the key").click()
        shown = page.get_by_role("dialog", name="The key")
        await expect(shown).to_contain_text("shown here and never again")
        key = await shown.locator("code").inner_text()
        await shown.get_by_role("button", name="Close").click()
        mine = page.get_by_role("listitem").filter(has_text="golf server, Frankfurt")
        await expect(mine).to_contain_text(f"{golf.name} · events:write")
        await expect(mine).to_contain_text("never used")
        assert key not in await page.content()

        async with site.http(key) as client:
            sent = await client.post(f"/v1/games/{golf.name}/events", json=golf.game("server_bob", "server_ann"))
            assert sent.json()["accepted"] == 2
            elsewhere = await client.post("/v1/games/golf/events", json=golf.game("server_bob", "server_ann"))
            assert elsewhere.status_code == 403
        await page.reload()
        await has_loaded(page)
        assert key not in await page.content()
        await mine.get_by_role("button", name="Revoke").click()
        revoking = page.get_by_role("dialog", name="Revoke “golf server, Frankfurt”")
        await revoking.get_by_role("button", name="Revoke it").click()
        await expect(mine).to_contain_text("Revoked")
        async with site.http(key) as client:
            refused = await client.post(f"/v1/games/{golf.name}/events", json=golf.game("server_bob", "server_ann"))
            assert refused.status_code == 401


async def test_what_was_done_is_in_the_audit_log(site: Site, golf: Golf, browser: Browser) -> None:
    async with site.http() as client:
        body = {"name": "audited", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"}
        made = await client.post(f"/v1/games/{golf.name}/seasons", json=body)
        assert made.status_code == 201, made.text
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await use_key(page, KEY)
        await page.get_by_role("link", name="Audit log").click()
        await page.get_by_label("What was done").fill("season")
        table = page.get_by_role("region", name="Audit log: table")
        line = table.get_by_role("row").filter(has_text=golf.name).filter(has_text="audited")
        await expect(line).to_contain_text("season.made")
        await expect(line).to_contain_text("127.0.0.1")


async def test_follows_a_job_to_its_end(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await use_key(page, KEY)
        await page.goto(f"/manage/{golf.name}/jobs")
        await page.get_by_role("button", name="Verify").click()
        await expect(page.get_by_role("status").filter(has_text="is on its way")).to_be_visible()
        job = page.get_by_role("listitem").filter(has_text="verify").first
        await expect(job).to_contain_text("succeeded")

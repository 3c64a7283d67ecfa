"""The journeys of those who run games, with the keyboard alone."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.cli.conftest import KEY
from tests.web.conftest import has_loaded, visiting
from tests.web.keyboard import Keyboard
from tests.web.site import Golf, Site


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    await golf.play("keys_ann", "keys_bob", times=5)
    await golf.play("keys_bob", "keys_ann", match="keys-cheat")


async def come_in(keyboard: Keyboard) -> None:
    page = keyboard.page
    await page.goto("/manage")
    await has_loaded(page)
    await keyboard.write(page.get_by_label("API key"), KEY)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Manage")
    await expect(page.get_by_text("This tab acts as")).to_be_visible()


async def test_voids_a_match_and_undoes_it(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await come_in(keyboard)
        await keyboard.press(page.get_by_role("link", name=golf.title))
        await keyboard.press(page.get_by_role("navigation", name="Manage").get_by_role("link", name="Corrections"))
        await keyboard.write(page.get_by_label("Match", exact=True), "keys-cheat")
        show = page.get_by_role("button", name="Show the effect")
        await keyboard.press(show)
        dialog = page.get_by_role("dialog", name="Void match keys-cheat")
        await expect(dialog.get_by_label("Why")).to_be_visible()
        await keyboard.press(dialog.get_by_role("button", name="Leave it"))
        await expect(dialog).to_have_count(0)
        await expect(show).to_be_focused()  # nothing was done, and one is where one was
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_label("Why")).to_be_visible()
        await keyboard.write(dialog.get_by_label("Why"), "Not played")
        await keyboard.press(dialog.get_by_role("button", name="Void a match"))
        await expect(dialog.get_by_role("status")).to_contain_text("Done")
        assert await page.evaluate("document.activeElement.closest('dialog') !== null")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(show).to_be_focused()
        undo = page.get_by_role("button", name=re.compile("^Undo correction"))
        await keyboard.press(undo)
        undoing = page.get_by_role("dialog", name=re.compile("^Undo correction"))
        await expect(undoing.get_by_label("Why")).to_be_visible()
        await keyboard.write(undoing.get_by_label("Why"), "It was")
        await keyboard.press(undoing.get_by_role("button", name="Undo it"))
        await expect(undoing.get_by_role("status")).to_contain_text("Done")
        await expect(undo).to_have_count(0)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("main")).to_be_focused()  # the button that opened it is gone


async def test_makes_a_key(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await come_in(keyboard)
        await keyboard.press(page.get_by_role("link", name="Keys"))
        make = page.get_by_role("button", name="Make a key")
        await keyboard.press(make)
        form = page.get_by_role("dialog", name="Make a key")
        await keyboard.write(form.get_by_label("What it is for"), "by keyboard")
        await keyboard.press(form.get_by_label(golf.title), "Space")
        await keyboard.press(form.get_by_role("button", name="Make the key"))
        shown = page.get_by_role("dialog", name="The key")
        await expect(shown.locator("code")).to_be_visible()
        await keyboard.press(shown.get_by_role("button", name="Close"))
        await expect(make).to_be_focused()
        await keyboard.press(page.get_by_role("button", name="Revoke by keyboard"))
        revoking = page.get_by_role("dialog", name="Revoke “by keyboard”")
        await keyboard.press(revoking.get_by_role("button", name="Revoke it"))
        await expect(revoking).to_have_count(0)
        await expect(page.get_by_role("main")).to_be_focused()


async def test_makes_a_season(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url, timezone_id="UTC", locale="en-US") as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await come_in(keyboard)
        await page.goto(f"/manage/{golf.name}/seasons")
        make = page.get_by_role("button", name="Make a season")
        await keyboard.press(make)
        form = page.get_by_role("dialog", name="Make a season")
        await keyboard.write(form.get_by_label("Name", exact=True), "spring")
        await keyboard.to(form.get_by_label("Begins"))
        await page.keyboard.type("030120261200AM")
        await keyboard.to(form.get_by_label("Ends"))
        await page.keyboard.type("060120261200AM")
        await keyboard.press(form.get_by_role("button", name="Make it"))
        await expect(form).to_have_count(0)
        await expect(make).to_be_focused()
        await expect(page.get_by_role("listitem").filter(has_text="spring")).to_contain_text("Mar 1, ")


async def test_goes_into_a_definition_and_out_again(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await come_in(keyboard)
        await page.goto(f"/manage/{golf.name}/definition")
        editor = page.get_by_role("textbox", name=re.compile("TOML$"))
        await keyboard.to(editor)
        await page.keyboard.press("ControlOrMeta+Home")
        await page.keyboard.type("titel = 'x'\n")
        await keyboard.press(page.get_by_role("button", name="Check", exact=True))
        mistake = page.get_by_role("alert").get_by_role("button", name="Line 1", exact=True)
        await expect(mistake).to_be_visible()
        await keyboard.press(mistake)
        await expect(editor).to_be_focused()
        await keyboard.press(page.get_by_role("button", name="Throw away my changes"))
        await expect(page.get_by_text("This is what is in force")).to_be_visible()

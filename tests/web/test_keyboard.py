"""The journeys of players, with the keyboard alone."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.web.conftest import has_loaded, light, line_of, row, visiting, why
from tests.web.keyboard import Keyboard
from tests.web.site import PASSWORD, Golf, Site

ROWS = 40


@pytest.fixture(scope="module", autouse=True)
async def played(site: Site, golf: Golf) -> None:
    """Ann leads; behind her are more than a screen shows."""
    await site.name(keyboard_ann="Ann", keyboard_bob="Bob")
    others = [f"keyboard_{number:02}" for number in range(ROWS)]
    await golf.play("keyboard_ann", "keyboard_bob", *others, times=4)
    await golf.play("keyboard_bob", "keyboard_ann", *others, times=2)


async def test_the_first_tab_leads_past_the_head_of_the_page(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await page.goto(golf.path)
        await has_loaded(page)
        skip = page.get_by_role("link", name="Skip to content")
        await page.keyboard.press("Tab")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await keyboard.check()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Achievements")).to_be_focused()


async def test_from_home_to_a_comparison(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await page.goto("/")
        await has_loaded(page)
        await keyboard.press(page.get_by_role("link", name=golf.title))
        await expect(page.get_by_role("heading", level=1)).to_contain_text(golf.title)
        await expect(page.get_by_role("main")).to_be_focused()  # it goes on where the new page begins
        await keyboard.press(page.get_by_role("heading", name="Wins", exact=True).get_by_role("link"))
        number = why(row(page, 1), "Wins", "Ann")
        await expect(number).to_be_visible()
        await keyboard.press(number)
        dialog = page.get_by_role("dialog", name="Wins of Ann")
        await expect(dialog.get_by_role("row")).to_have_count(5)
        for _ in range(12):  # round and round, and never out of it
            await page.keyboard.press("Tab")
            await keyboard.check()
            assert await page.evaluate("document.activeElement.closest('dialog') !== null || !document.hasFocus()")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(number).to_be_focused()
        await keyboard.to(row(page, 1).get_by_role("link"), "Shift+Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Ann")
        await keyboard.press(page.get_by_role("button", name="Compare"))
        await expect(page.get_by_role("combobox", name="Compare with another player")).to_be_focused()
        await page.keyboard.type("keyboard_b")
        await expect(page.get_by_role("option", name="Bob")).to_have_attribute("aria-selected", "true")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Ann against Bob")
        await keyboard.to(page.get_by_role("region", name="Percentiles of both"))


async def test_searches_from_the_head_of_the_page(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await page.goto("/me")
        await has_loaded(page)
        finder = page.get_by_role("combobox", name="Find a player or a match")
        await keyboard.write(finder, "keyboard_1")
        options = page.get_by_role("option")
        await expect(options).to_have_count(8)
        await page.keyboard.press("Escape")
        await expect(options.first).to_be_hidden()
        await page.keyboard.press("Backspace")
        await page.keyboard.type("1")
        await expect(options.nth(0)).to_have_attribute("aria-selected", "true")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowUp")
        await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        chosen = await options.nth(1).inner_text()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text(chosen)


async def test_everything_on_a_board(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url, viewport={"width": 1280, "height": 600}) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await page.goto(f"{golf.path}/b/wins")
        await expect(light(page)).to_have_text("Live")
        await keyboard.press(page.get_by_role("button", name="Today"), "Space")
        await expect(page).to_have_url(re.compile("window=day"))
        await expect(page.get_by_role("button", name="Today")).to_be_focused()
        await keyboard.write(page.get_by_label("On this board"), "keyboard_39")
        await page.keyboard.press("Enter")
        await expect(line_of(page, "keyboard_39")).to_be_in_viewport()
        slider = page.get_by_label("As of")
        await keyboard.to(slider)
        await page.keyboard.press("ArrowLeft")
        await expect(page).to_have_url(re.compile("as_of="))
        await expect(page.get_by_text("Nobody stood here then")).to_be_visible()
        await expect(slider).to_be_focused()
        await page.keyboard.press("End")
        await expect(page.get_by_text("Now, live")).to_be_visible()
        await expect(line_of(page, "keyboard_39")).to_be_visible()
        last = why(line_of(page, "keyboard_39"), "Wins", "keyboard_39")
        for _ in range(6 * ROWS):  # every line of a virtual list is reached, and shown when it is
            await page.keyboard.press("Tab")
            await keyboard.check()
            if await last.count() and await last.evaluate("number => number === document.activeElement"):
                break
        await expect(last).to_be_focused()
        await keyboard.to(line_of(page, "keyboard_20").get_by_role("link"), "Shift+Tab")


async def test_logs_in_and_jumps_to_the_own_line(site: Site, golf: Golf, browser: Browser) -> None:
    await site.account("keys@example.org", "keyboard_new", "Keys")
    await golf.play("keyboard_ann", "keyboard_new", times=5)
    async with visiting(browser, site.url, viewport={"width": 1280, "height": 600}) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await page.goto("/")
        await has_loaded(page)
        await keyboard.press(page.get_by_role("link", name="Log in"))
        await expect(page.get_by_label("Email address")).to_be_visible()
        await keyboard.write(page.get_by_label("Email address"), "keys@example.org")
        await keyboard.write(page.get_by_label("Password"), PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
        await page.goto(f"{golf.path}/b/wins")
        mine = page.get_by_role("complementary", name="You")
        jump = mine.get_by_role("button", name="Jump to me")
        await expect(jump).to_be_visible()
        await keyboard.to(jump, "Shift+Tab")  # it stands at the end of the page
        await page.keyboard.press("Enter")
        await expect(line_of(page, "keyboard_new")).to_be_in_viewport()


async def test_submits_a_score(site: Site, browser: Browser) -> None:
    await site.account("pat@example.org", "keyboard_pat", "Pat")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await page.goto("/me")
        await keyboard.write(page.get_by_label("Email address"), "pat@example.org")
        await keyboard.write(page.get_by_label("Password"), PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Log out").wait_for()
        await page.goto("/g/arcade/play")
        await keyboard.write(page.get_by_label("Score", exact=True), "321")
        mode = page.get_by_label("Game mode", exact=True)
        await keyboard.to(mode)
        await page.keyboard.press("ArrowDown")
        await expect(mode).to_have_value("ranked")
        await keyboard.press(page.get_by_role("button", name="Submit"))
        await expect(page.get_by_text("Counted")).to_be_visible()
        await expect(page.get_by_role("button", name="Submit")).to_be_focused()


async def test_leaves_by_a_dialog_and_thinks_again(site: Site, browser: Browser) -> None:
    await site.account("lea@example.org", "keyboard_lea", "Lea")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        keyboard = Keyboard(page)
        await page.goto("/me")
        await keyboard.write(page.get_by_label("Email address"), "lea@example.org")
        await keyboard.write(page.get_by_label("Password"), PASSWORD)
        await page.keyboard.press("Enter")
        delete = page.get_by_role("button", name="Delete my account")
        await expect(delete).to_be_visible()
        await keyboard.press(delete)
        dialog = page.get_by_role("dialog", name="Delete me")
        await keyboard.press(dialog.get_by_role("button", name="Close"))
        await expect(dialog).to_have_count(0)
        await expect(delete).to_be_focused()

"""Somebody with an account: pinned on the board, and told of awards wherever they are."""

import re
from typing import Final

from playwright.async_api import Browser, Locator, Page, expect

from tests.web.conftest import has_loaded, light, line_of, log_in, visiting
from tests.web.site import PASSWORD, Golf, Site


async def test_is_pinned_on_the_board(site: Site, golf: Golf, browser: Browser) -> None:
    await site.name(own_ann="Ann")
    await site.account("dee@example.org", "own_dee", "Dee")
    await golf.play("own_ann", "own_dee", times=4)
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "dee@example.org")
        await page.goto(f"{golf.path}/b/wins")
        await golf.play("own_ann", "own_bob", times=4)
        await golf.play("own_bob", "own_ann")
        mine = page.get_by_role("complementary", name="You")
        await expect(mine).to_contain_text("You do not stand here yet: it takes Games ≥ 5")
        await golf.play("own_ann", "own_dee")
        await expect(mine).to_contain_text(re.compile(r"3.*Dee you.*of 3.*at or above 33 %"))
        line = line_of(page, "own_dee")
        await expect(line).to_have_class(re.compile("board-row-own"))
        await expect(line).to_contain_text("you")
        await golf.play("own_dee", "own_bob", times=2)
        await expect(mine).to_contain_text(re.compile(r"2.*Dee you.*of 3.*top 34 %"))


async def test_registers_and_comes_back(site: Site, golf: Golf, browser: Browser) -> None:
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await page.goto("/")
        await page.get_by_role("link", name="Log in").click()
        await page.get_by_role("button", name="I am new").click()
        await page.get_by_label("Name").fill("Newt")
        await page.get_by_label("Email address").fill("newt@example.org")
        await page.get_by_label("Password").fill("short")
        await page.get_by_role("button", name="Make the account").click()
        await expect(page.get_by_label("Password")).to_be_focused()  # the browser says what is wrong with it
        await page.get_by_label("Password").fill("a long enough password")
        await page.get_by_role("button", name="Make the account").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Newt")
        await page.reload()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Newt")
        await page.get_by_role("button", name="Log out").click()
        await page.get_by_label("Email address").fill("newt@example.org")
        await page.get_by_label("Password").fill("not the password")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_label("Email address")).to_have_value("newt@example.org")


async def test_awards_arrive_once_on_whatever_page(site: Site, golf: Golf, browser: Browser) -> None:
    await site.account("eli@example.org", "own_eli", "Eli")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "eli@example.org")
        await expect(light(page)).to_have_text("Live")
        arrived = page.get_by_text("Achievement unlocked")
        await golf.play("own_eli", "own_fay")
        await expect(_toast(page, "First Victory")).to_contain_text("10 points")
        await expect(arrived).to_have_count(1)
        await page.get_by_role("link", name="Kleos", exact=True).click()
        await page.get_by_role("link", name=golf.title).click()
        await page.get_by_role("link", name="Insight").click()
        await has_loaded(page)
        await golf.play("own_eli", "own_fay", score=0)
        await expect(_toast(page, "Perfect")).to_be_visible()
        await expect(_toast(page, "First Victory")).to_have_count(0)  # it has had its time
        await golf.play("own_eli", "own_fay", score=-3)
        await expect(_toast(page, "Below Zero")).to_be_visible()
        await expect(_toast(page, "Perfect")).to_have_count(0)
        await page.goto(f"{golf.path}/b/knockouts")
        await has_loaded(page)
        await expect(light(page)).to_have_text("Live")
        await golf.play("own_eli", "own_fay")
        mine = page.get_by_role("complementary", name="You")
        await expect(mine).to_contain_text("You do not stand here yet")
        await expect(arrived).to_have_count(0)
        await golf.play("own_eli", "own_fay")
        await expect(_toast(page, "Hot Streak")).to_be_visible()
        await page.reload()
        await expect(light(page)).to_have_text("Live")
        await expect(mine).to_contain_text("Eli")
        await golf.play("own_eli", "own_fay")
        await expect(mine).to_contain_text("6")
        await expect(arrived).to_have_count(0)


COUNT_TIMERS: Final = """
() => {
  const set = window.setTimeout;
  window.setTimeout = (act, ms, ...more) => {
    if (ms === 6000) document.documentElement.dataset.begun = "";
    return set(act, ms, ...more);
  };
}
"""
"""Notes when the time of an award that is shown begins."""
SEEN: Final = """
state => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


async def test_many_awards_at_once_leave_room_on_a_phone(site: Site, golf: Golf, browser: Browser) -> None:
    await site.account("may@example.org", "own_may", "May")
    async with visiting(browser, site.url, viewport={"width": 360, "height": 740}) as visit:
        page = visit.page
        await log_in(page, "may@example.org")
        await expect(light(page)).to_have_text("Live")
        await page.evaluate(COUNT_TIMERS)
        await page.evaluate(SEEN, "hidden")
        await site.tell(golf.name, *[event for _ in range(10) for event in golf.game("own_may", "own_fay", score=-3)])
        arrived = page.get_by_text("Achievement unlocked")
        more = page.get_by_text(re.compile(r"^and \d+ more$"))
        await expect(more).to_be_visible()
        await expect(arrived).to_have_count(2)
        begun = page.locator("html[data-begun]")
        await expect(begun).to_have_count(0)  # nobody sees them: their time has not begun
        waiting = int((await more.inner_text()).split()[1])
        await page.get_by_role("button", name=re.compile("^Close (?!all)")).first.click()
        await expect(more).to_have_text(f"and {waiting - 1} more")
        await page.evaluate(SEEN, "visible")
        await expect(begun).to_have_count(1)
        await page.get_by_role("button", name="Close all").click()
        await expect(arrived).to_have_count(0)


def _toast(page: Page, title: str) -> Locator:
    return page.locator("[aria-live=polite] > *").filter(has_text="Achievement unlocked").filter(has_text=title)


async def test_takes_own_data_along_and_leaves(site: Site, golf: Golf, browser: Browser) -> None:
    await site.account("ida@example.org", "own_ida", "Ida")
    await golf.play("own_ida", "own_fay", times=5)
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "ida@example.org")
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="Export my data").click()
        assert (await coming.value).suggested_filename == "kleos-own_ida.json"
        await page.get_by_role("button", name="Delete my account").click()
        dialog = page.get_by_role("dialog", name="Delete me")
        await dialog.get_by_label("Password").fill("wrong and wrong")
        await dialog.get_by_role("button", name="Delete for ever").click()
        await expect(dialog.get_by_role("alert")).to_be_visible()
        await dialog.get_by_label("Password").fill("correct horse battery staple")
        await dialog.get_by_role("button", name="Delete for ever").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        await page.goto("/p/own_ida")
        await expect(page.get_by_role("alert")).to_contain_text("No such player")


QUARTER_OF_AN_HOUR: Final = "() => { const now = Date.now.bind(Date); Date.now = () => now() + 15 * 60_000; }"


async def test_changes_the_password_and_stays(site: Site, browser: Browser) -> None:
    await site.account("pam@example.org", "own_pam", "Pam")
    async with visiting(browser, site.url) as visit:
        page = visit.page
        await log_in(page, "pam@example.org")
        form = page.get_by_role("region", name="Password")
        await form.get_by_label("Now").fill(PASSWORD)
        await form.get_by_label("New").fill("another good password")
        await form.get_by_role("button", name="Change it").click()
        await expect(form.get_by_role("status")).to_contain_text("Changed")
        await page.reload()
        await expect(page.get_by_role("region", name="Account")).to_contain_text("pam@example.org")


async def test_two_tabs_are_one_session(site: Site, browser: Browser) -> None:
    """What one tab has renewed, the other does not show again: that would end the session of both."""
    await site.account("tab@example.org", "own_tab", "Tab")
    async with visiting(browser, site.url) as visit:
        one, other = visit.page, await visit.context.new_page()
        await log_in(one, "tab@example.org")
        await other.goto("/me")
        await expect(other.get_by_role("button", name="Log out")).to_be_visible()
        for page in (one, other):
            await page.evaluate(QUARTER_OF_AN_HOUR)  # the access token is about to end
            await page.get_by_role("link", name="My profile").click()
            await expect(page.get_by_role("heading", level=1)).to_contain_text("Tab")
        for page in (one, other):
            await page.goto("/me")
            await expect(page.get_by_role("region", name="Account")).to_contain_text("tab@example.org")
        await other.get_by_role("button", name="Log out").click()
        await expect(one.get_by_role("heading", name="Log in")).to_be_visible()

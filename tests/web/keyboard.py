"""Somebody who has no mouse: the focus goes from thing to thing, and can be seen at each."""

from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import Locator, Page

MOST_STEPS: Final = 120
FOCUS: Final = """
() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return { at: "" };
  const box = focused.getBoundingClientRect();
  const seen = { left: Math.max(box.left, 0), top: Math.max(box.top, 0),
    right: Math.min(box.right, innerWidth), bottom: Math.min(box.bottom, innerHeight) };
  const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]].map(([x, y]) =>
    document.elementFromPoint(seen.left + (seen.right - seen.left) * x, seen.top + (seen.bottom - seen.top) * y));
  const marked = (element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  };
  const hidden = seen.right <= seen.left || seen.bottom <= seen.top;
  return {
    at: `${focused.outerHTML.slice(0, 160)} in ${location.pathname}`,
    outlined: marked(focused) || (focused.parentElement !== null && marked(focused.parentElement)),
    uncovered: !hidden && points.some((element) => focused.contains(element)),
  };
}
"""


@dataclass(slots=True)
class Keyboard:
    """Every step with Tab must land on something that shows the focus and is not covered by anything."""

    page: Page

    async def to(self, wanted: Locator, key: str = "Tab") -> None:
        """Goes on with Tab until the focus is there."""
        passed: list[str] = []
        for _ in range(MOST_STEPS):
            await self.page.keyboard.press(key)
            passed.append(await self.check())
            if await wanted.count() and await wanted.first.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError("Tab does not come to it, only to:\n" + "\n".join(passed))

    async def check(self) -> str:
        """What has the focus, which must be seen."""
        found: dict[str, Any] = await self.page.evaluate(FOCUS)
        if found["at"]:
            assert found["outlined"], f"the focus is not to be seen: {found['at']}"
            assert found["uncovered"], f"something covers what has the focus: {found['at']}"
        return str(found["at"])

    async def press(self, wanted: Locator, key: str = "Enter") -> None:
        await self.to(wanted)
        await self.page.keyboard.press(key)

    async def write(self, wanted: Locator, text: str) -> None:
        await self.to(wanted)
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.type(text)

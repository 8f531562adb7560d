"""A person without a mouse: goes from one thing to the next by Tab, and sees where they are.

At each stop the focus must be seen, stand out from what is around it, and not have gone back up.
"""

from dataclasses import dataclass
from typing import Any, Self

from playwright.sync_api import Locator, Page

STOPS_MOST = 60
OUTLINE_MIN_PX = 2
# https://www.w3.org/TR/WCAG22/#non-text-contrast
CONTRAST_MIN = 3.0

LOOK = """() => {
  const here = document.activeElement;
  if (here === null || here === document.body) return null;
  const style = getComputedStyle(here), box = here.getBoundingClientRect();
  const rgb = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
  const luminance = (text) => {
    const parts = rgb(text).slice(0, 3).map((each) => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  let around = parseFloat(style.outlineOffset) < 0 ? here : here.parentElement;
  const clear = (text) => { const parts = rgb(text); return parts.length === 4 && parts[3] === 0; };
  while (around.parentElement && clear(getComputedStyle(around).backgroundColor)) {
    around = around.parentElement;
  }
  const a = luminance(style.outlineColor);
  const b = luminance(getComputedStyle(around).backgroundColor);
  return {
    words: (here.innerText || here.value || here.id || here.tagName).slice(0, 60),
    seen: here.matches(":focus-visible") && style.outlineStyle !== "none",
    outline: parseFloat(style.outlineWidth),
    contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
    top: box.top + scrollY, bottom: box.bottom + scrollY,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


@dataclass
class Keyboard:
    """The keys of one window."""

    page: Page

    def reaches(self, target: Locator) -> Self:
        """Press Tab until the target has the focus; every stop on the way is looked at."""
        before = -1.0
        for _ in range(STOPS_MOST):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(LOOK)
            if stop is None:
                before = -1.0
                continue
            _judge(stop, before)
            before = stop["top"]
            if is_focused(target):
                return self
        raise AssertionError(f"Tab does not lead to {target}")

    def presses(self, target: Locator, key: str = "Enter") -> Self:
        """Go to a target and press a key on it, which changes something on this page."""
        self.reaches(target)
        self.page.keyboard.press(key)
        return self

    def follows(self, target: Locator, key: str = "Enter") -> Self:
        """Go to a target and press a key on it, which leads to another page."""
        self.reaches(target)
        with self.page.expect_event("load"):
            self.page.keyboard.press(key)
        return self


def is_focused(target: Locator) -> bool:
    """Say whether a target is where the keys go."""
    found = target.first
    return found.count() > 0 and bool(found.evaluate("each => each === document.activeElement"))


def _judge(stop: dict[str, Any], before: float) -> None:
    words = stop["words"]
    assert stop["seen"], f"the focus is not seen on {words!r}"
    assert stop["outline"] >= OUTLINE_MIN_PX, f"the focus is thin on {words!r}"
    assert stop["contrast"] >= CONTRAST_MIN, f"the focus is faint on {words!r}: {stop}"
    assert stop["inside"], f"the focus is out of sight on {words!r}"
    assert stop["bottom"] > before, f"the focus has gone back up to {words!r}"

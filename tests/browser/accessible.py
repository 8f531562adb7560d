"""A page as axe-core and a phone see it: what keeps people out, in words."""

from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # has no types
from playwright.sync_api import Page

from tests.support.browser import DESK, PHONE

RULES: Final = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
}
# A box that scrolls by itself may hold what is wider than the screen.
OUT_OF_REACH: Final = """() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) {
    found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  }
  for (const each of document.querySelectorAll("a, button, input, select, textarea, summary")) {
    const box = each.getBoundingClientRect();
    if (!each.checkVisibility() || box.width === 0 || each.matches(".skip-link, [type=hidden]")) {
      continue;
    }
    let around = each.parentElement;
    while (around && !["auto", "scroll"].includes(getComputedStyle(around).overflowX)) {
      around = around.parentElement;
    }
    if (!around && (box.left < 0 || box.right > innerWidth)) {
      found.push(`${each.tagName} ${each.innerText || each.id} reaches to ${box.right} px`);
    }
  }
  return found;
}"""


def barriers(page: Page) -> list[str]:
    """Name what axe finds on a page, at a desk's and at a phone's width, and what a phone hides."""
    found: list[str] = []
    for width, height in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width} px: {each}" for each in _violations(page)]
    found += page.evaluate(OUT_OF_REACH)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    return found


def _violations(page: Page) -> list[str]:
    # Evaluated by the browser's debugger, which no policy of the page concerns.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    answer: dict[str, Any] = page.evaluate("(rules) => axe.run(rules)", RULES)
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for each in answer["violations"]
        for node in each["nodes"]
    ]

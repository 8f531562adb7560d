"""The pictures in the documents are of the page as it is: none is missing, and none too many."""

import struct
from base64 import b64encode
from pathlib import Path

from app.web.state_line import State
from tests.browser import screenshots
from tests.browser.conftest import Sit
from tests.browser.small_pictures import reduced
from tests.browser.stops import SETTING_UP, STOPS

README = Path(__file__).parents[2] / "README.md"
WHOLE_FOLDER_KB = 1_200
FAR_OFF = 64
"""Of 255, in one of a colour's three parts: the rim of a letter may be a little off."""
FURTHEST = """async (urls) => {
  const pixels = await Promise.all(urls.map(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (each) => each.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height).data;
  }));
  if (pixels[0].length !== pixels[1].length) return Infinity;
  let most = 0;
  pixels[0].forEach((value, at) => { most = Math.max(most, Math.abs(value - pixels[1][at])); });
  return most;
}"""


def test_every_state_has_its_picture_and_the_document_shows_it() -> None:
    """A state that nobody has looked at is one that nobody has designed."""
    pictured = [stop.state for stop in STOPS.values() if stop.state is not None]
    assert sorted(pictured) == sorted(State)

    written = screenshots.PAGE.read_text()
    assert written == screenshots.page(), "write it anew: make screenshots"
    for state in State:
        assert f"State `{state.value}`" in written


def test_the_pictures_are_those_of_the_stops() -> None:
    """Each stop has its file, no file is left over, and all are small enough to keep."""
    files = {path.stem: path for path in screenshots.FOLDER.iterdir()}
    assert files.keys() == STOPS.keys()

    for name, path in files.items():
        width = struct.unpack_from(">I", path.read_bytes(), 16)[0]
        assert width == (360 if STOPS[name].phone else 1200), name
    assert sum(path.stat().st_size for path in files.values()) < WHOLE_FOLDER_KB * 1024


def test_the_readme_shows_the_page() -> None:
    """Whoever meets the product first sees it."""
    written = README.read_text()

    assert "docs/screenshots.md" in written
    assert f"docs/screenshots/{SETTING_UP[-2].name}.png" in written


def test_a_small_picture_shows_what_the_large_one_did(sit: Sit) -> None:
    """The browser draws it again: same size, and no pixel's colour far off."""
    page = sit().launches().page
    taken = page.screenshot()

    small = reduced(page, taken)

    assert len(small) < len(taken)
    blank = sit().page
    assert blank.evaluate(FURTHEST, [b64encode(each).decode() for each in (taken, small)]) < FAR_OFF

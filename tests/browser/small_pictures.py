"""Small pictures: a browser's PNG again with the 256 colours it mostly has, a third of its size.

The browser itself reads the picture and finds the colours; what is written is PNG's simplest form,
a palette and one byte a pixel. https://www.w3.org/TR/png-3/
"""

import base64
import struct
import zlib
from typing import Final

from playwright.sync_api import Page

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
BITS_A_PIXEL: Final = 8
WITH_PALETTE: Final = 3
# Its own colours first, the most frequent; each other pixel takes the nearest of these.
REDUCE: Final = """async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (each) => each.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height).data;
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  const palette = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 256)
    .map(([colour]) => colour);
  const near = new Map(palette.map((colour, index) => [colour, index]));
  const nearest = (colour) => {
    let best = 0, least = Infinity;
    palette.forEach((other, index) => {
      const red = (colour >> 16) - (other >> 16);
      const green = ((colour >> 8) & 255) - ((other >> 8) & 255);
      const blue = (colour & 255) - (other & 255);
      const far = red * red + green * green + blue * blue;
      if (far < least) { least = far; best = index; }
    });
    return best;
  };
  let indexes = "";
  const row = new Uint8Array(image.width);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const at = 4 * (y * image.width + x);
      const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
      if (!near.has(colour)) near.set(colour, nearest(colour));
      row[x] = near.get(colour);
    }
    indexes += String.fromCharCode(...row);
  }
  return {width: image.width, height: image.height, palette, indexes: btoa(indexes)};
}"""


def reduced(page: Page, png: bytes) -> bytes:
    """Write a picture with a palette; `page` is any page whose scripts may run."""
    found = page.evaluate(REDUCE, base64.b64encode(png).decode())
    width, height = found["width"], found["height"]
    indexes = base64.b64decode(found["indexes"])
    # Each row begins with the filter it is written with: none.
    rows = b"".join(b"\0" + indexes[at : at + width] for at in range(0, width * height, width))
    head = struct.pack(">IIBBBBB", width, height, BITS_A_PIXEL, WITH_PALETTE, 0, 0, 0)
    palette = b"".join(colour.to_bytes(3, "big") for colour in found["palette"])
    return (
        SIGNATURE
        + _chunk(b"IHDR", head)
        + _chunk(b"PLTE", palette)
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

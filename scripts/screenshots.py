"""Make the README's pictures again: docs/screenshots/*.png, from the running app in Chromium.

make screenshots
"""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.helpers import chromium_path, running_app, visit  # noqa: E402

OUT = ROOT / "docs" / "screenshots"
WINDOW = {"width": 1280, "height": 800}
# Address below the app's, colour scheme. A picture's name is the lesson's.
PICTURES = {
    "home": ("/", "light"),
    "byte_pair_encoding": ("/byte_pair_encoding", "light"),
    "self_attention": ("/self_attention", "light"),
    "heads": ("/heads", "dark"),
    "decoding": ("/decoding", "light"),
}


def take(browser: Browser, url: str, scheme: str) -> Image.Image:
    """The window's content once the page stands still, in few colours so that the file is small."""
    context = browser.new_context(viewport=WINDOW, color_scheme=scheme)
    page = context.new_page()
    visit(page, url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # charts draw after the script has ended
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    context.close()
    return picture.quantize(colors=128, dither=Image.Dither.NONE)


def main() -> None:
    program = chromium_path()
    if program is None:
        sys.exit("There is no Chromium: install it, or name it in GLASSBOX_CHROMIUM.")
    OUT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as logs,
        running_app(Path(logs) / "log.txt") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, (address, scheme) in PICTURES.items():
            path = OUT / f"{name}.png"
            take(browser, url + address, scheme).save(path, optimize=True)
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()

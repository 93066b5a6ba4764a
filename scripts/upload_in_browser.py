"""How long a large CSV takes in a real browser, from choosing the file to the doctor's report.

    python scripts/upload_in_browser.py [ROWS] [REPEATS]

Starts the app and Chromium, uploads a CSV of ROWS (100,000) different messages, and stops the clock when the doctor's
findings and the first rows are on the page. Run it when nothing else runs: the load of the machine is printed beside.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, sync_playwright

from engine.datasets.labelled import load_messages
from tests.browser.helpers import chromium_path, running_app, settle

APP = Path(__file__).resolve().parents[1] / "app.py"
LONGEST_WAIT = 120_000  # milliseconds


def csv(rows: int, seed: int) -> bytes:
    """So many texts of 8 to 40 words of our messages; of a hundred one is repeated and one differs in its last word."""
    words, random = np.array(" ".join(load_messages()["text"]).split()), np.random.default_rng(seed)
    texts = [" ".join(random.choice(words, random.integers(8, 41))) for _ in range(rows)]
    texts[100::100] = texts[:-100:100]
    texts[150::100] = [text.rsplit(" ", 1)[0] + " now" for text in texts[50:-100:100]]
    texts[5] = ""
    table = pd.DataFrame({"text": texts, "label": random.choice(["spam", "ham", "news"], rows)})
    return table.to_csv(index=False).encode()


def seconds(url: str, file: Path, browser: Browser) -> float:
    """From giving the browser the file to the report being on the page and the script at rest."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{url}/classifier")
    settle(page, LONGEST_WAIT)
    began = time.perf_counter()
    page.locator("[data-testid=stFileUploaderDropzoneInput]").first.set_input_files(file)
    page.get_by_text("have no text or no label").or_(page.get_by_text("has no text or no label")).first.wait_for(
        timeout=LONGEST_WAIT
    )
    settle(page, LONGEST_WAIT)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GLASSBOX_RUNS"] = folder
        file = Path(folder) / "large.csv"
        print(f"{rows:,} rows, {os.cpu_count()} cores; another file each time, as what is known is kept")
        with running_app(Path(folder) / "log.txt", APP) as url, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
            for turn in range(repeats):
                size = file.write_bytes(csv(rows, turn)) / 2**20
                load = os.getloadavg()[0]
                took = seconds(url, file, browser)
                print(f"upload {turn + 1}: {size:.1f} MiB, {took:.1f} s; load before it {load:.1f}", flush=True)


if __name__ == "__main__":
    main()

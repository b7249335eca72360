"""A report of hostile names in a browser: nothing of them runs, and cells open their images."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_up_runs
import pytest
from test_hostile_names import PAYLOADS

import kit

NEEDED = "chromium and chromedriver (Debian's chromium and chromium-driver) and selenium"
NEEDED_HERE = pytest.mark.skipif(
    not all(map(shutil.which, ("chromium", "chromedriver"))), reason=f"needs {NEEDED}"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason=f"needs {NEEDED}")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    profile = tmp_path_factory.mktemp("profile")
    asked = ["headless=new", "disable-gpu", "disable-dev-shm-usage", f"user-data-dir={profile}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        asked.append("no-sandbox")  # Chromium refuses to start one for root
    for one in asked:
        options.add_argument(f"--{one}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield opened
    opened.quit()


@NEEDED_HERE
def test_no_payload_runs_and_a_cell_opens_its_images(browser: Any, tmp_path: Path) -> None:
    files = [f"{number}.png" for number in range(4)]
    made_up_runs.pictures(tmp_path / "photos", files)
    run = made_up_runs.write(tmp_path / "run", tmp_path / "photos", PAYLOADS, files, count=64)
    address = kit.report(run).as_uri()

    browser.get(address)

    assert browser.execute_script("return document.title") == "run: report"
    assert browser.get_log("browser") == [], "an alert or a broken policy would be here"
    cell = browser.find_element("css selector", "table.matrix a")
    opened = browser.find_element("id", cell.get_attribute("href").partition("#")[2])
    assert not opened.is_displayed()
    browser.execute_script("arguments[0].click()", cell)
    assert opened.is_displayed()
    assert opened.find_element("css selector", "img").size["width"] > 50


@NEEDED_HERE
def test_the_policy_stops_a_script_that_got_into_a_page(browser: Any, tmp_path: Path) -> None:
    run = made_up_runs.write(tmp_path / "run", tmp_path)
    page = kit.report(run)
    hole = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'x'\">"
    page.write_text(page.read_text("utf-8").replace("</main>", f"{hole}</main>"), "utf-8")

    browser.get(page.as_uri())

    assert browser.execute_script("return document.title") == "run: report"
    assert "Content Security Policy" in str(browser.get_log("browser"))


@NEEDED_HERE
def test_a_phone_scrolls_down_and_not_sideways(browser: Any, tmp_path: Path) -> None:
    names = [f"a class with a long name, number {number}" for number in range(20)]
    run = made_up_runs.write(tmp_path / "run", tmp_path, names, count=80)
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)

    browser.get(kit.report(run).as_uri())

    assert browser.execute_script("return document.documentElement.scrollWidth") == 390

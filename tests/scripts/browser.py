# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium that shows a file at a window size and in a colour scheme, and has no network."""

import json
import shutil
import time

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None

PATIENCE = 120  # seconds for a page on a busy host


def missing():
    """Why no browser can be had, as text; empty when it can."""
    lacking = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    lacking += [] if webdriver else ["python3-selenium"]
    return f"no {', '.join(lacking)}: install the test packages of scripts/lib/packages.sh" if lacking else ""


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        # Without a sandbox it also starts as root; it opens pages of this project only. WebGL is drawn by the CPU.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-swiftshader",
                         "--host-resolver-rules=MAP * ~NOTFOUND"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)

    def close(self):
        self.driver.quit()

    def open(self, path, width=1400, scheme="light"):
        command = self.driver.execute_cdp_cmd
        command("Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.driver.get(f"file://{path}")
        self.wait("document.documentElement.dataset.ready === 'yes'")

    def run(self, script, *arguments):
        """The value of a function body."""
        return self.driver.execute_script(script, *arguments)

    def value(self, expression):
        return self.run(f"return {expression};")

    def wait(self, condition):
        """Until the JavaScript expression is true; fails with it otherwise."""
        end = time.monotonic() + PATIENCE
        while not self.value(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise AssertionError(f"never became true: {condition}; errors: {self.errors()}")
            time.sleep(0.05)

    def show(self, identifier):
        """Scrolls to an element; plots are drawn when they come near."""
        self.run("document.getElementById(arguments[0]).scrollIntoView()", identifier)

    def show_plot(self, identifier):
        self.show(identifier)
        self.wait(f"document.querySelector('#{identifier} .main-svg')")

    def texts(self, selector):
        return self.value(f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.textContent)")

    def milliseconds(self, action):
        """How long the page's thread is kept busy by a JavaScript statement."""
        return self.value(f"(() => {{ const begin = performance.now(); {action}; return performance.now() - begin; }})()")

    def errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

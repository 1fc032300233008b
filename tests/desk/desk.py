"""A person at the desk, in headless Chromium: signs in, looks, presses keys. Counts the keys and clicks that it takes."""
import base64
import hashlib
import hmac
import json
import struct
import time
import urllib.request

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

used = {}


def code(user):
    """RFC 6238; waits for a step that has not been used, since a code serves once."""
    secret = user["totpSecret"]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    while used.get(user["name"]) == int(time.time()) // 30:
        time.sleep(0.5)
    used[user["name"]] = step = int(time.time()) // 30
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6)


class Cloud:
    """What ready.json tells, and the faults of the stand-in for Bedrock."""

    def __init__(self, path):
        self.ready = json.load(open(path, encoding="utf-8"))
        self.hospital = self.ready["hospitals"][0]
        self.desk = self.ready["desk"]

    def user(self, name):
        return next(u for u in self.hospital["users"] if u["name"] == name)

    def faults(self, *modes):
        url = self.ready["bedrock"] + "/__standin/faults"
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE"))
        if modes:
            body = json.dumps([{"mode": m, "times": 50} for m in modes]).encode()
            urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": "application/json"}))


class Person:
    def __init__(self, cloud, axe, shots, width=1440, height=1000):
        options = webdriver.ChromeOptions()
        for option in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},{height}", "--lang=ja"]:
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.browser.set_window_size(width, height)
        # A busy machine takes its time over a large page
        self.browser.set_script_timeout(300)
        self.browser.command_executor.client_config.timeout = 320
        self.cloud, self.axe, self.shots, self.width = cloud, axe, shots, width
        self.keys = self.clicks = 0
        self.console, self.violations, self.checked = [], [], 0

    # -- acts, counted
    def type(self, text, field=None):
        self.keys += len(text)
        (field or self.browser.switch_to.active_element).send_keys(text)

    def press(self, key, control=False):
        self.keys += 1
        self.browser.switch_to.active_element.send_keys(*([Keys.CONTROL, key] if control else [key]))

    def click(self, selector):
        self.clicks += 1
        element = self.one(selector)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def choose(self, selector, value):
        self.clicks += 2
        Select(self.one(selector)).select_by_value(value)

    # -- looking
    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self):
        return self.one("body").text

    def at(self):
        return self.browser.current_url.removeprefix(self.cloud.desk)

    def wait(self, what, until, seconds=40):
        WebDriverWait(self.browser, seconds, ignored_exceptions=[Exception]).until(lambda _: until(), what)

    def go(self, path):
        self.browser.get(self.cloud.desk + path)

    def look(self, name):
        """Console, accessibility, a picture of the whole page."""
        self.listen()
        self.browser.execute_script(self.axe)
        found = self.browser.execute_async_script(
            "const done = arguments[0]; axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r => done(r.violations))"
        )
        self.checked += 1
        for v in found:
            self.violations.append(f"{name} ({self.width}): {v['id']} {v['nodes'][0]['target']} {v['help']}")
        self.browser.save_screenshot(f"{self.shots}/{name}-{self.width}.png")

    def listen(self):
        self.console += [f"{self.at()}: {m['message']}" for m in self.browser.get_log("browser")]

    # -- whole steps
    def sign_in(self, name):
        user = self.cloud.user(name)
        if not self.at().startswith("/sign-in"):
            self.go("/sign-in")
        self.type(user["name"], self.one("#name"))
        self.type(user["password"], self.one("#password"))
        self.type(code(user), self.one("#code"))
        self.press(Keys.ENTER)
        self.wait("signed in", lambda: self.at() == "/")

    def drafted(self):
        self.wait("the draft", lambda: self.at().startswith("/documents/"), 60)
        self.wait("the review screen", lambda: self.one("#text"))
        return self.at()

    def fill_gaps(self):
        """Writes into every place that a person must fill, by keys alone."""
        gaps = len(self.all(".s.fill"))
        for _ in range(gaps):
            self.press("f")
            self.press("e")
            area = self.browser.switch_to.active_element
            area.clear()
            self.type("診察のうえ確認した。", area)
            self.press(Keys.ESCAPE)
        return gaps

    def finalise(self, name):
        user = self.cloud.user(name)
        self.wait("the second factor", lambda: self.one("#password"))
        self.type(user["password"], self.one("#password"))
        self.type(code(user), self.one("#code"))
        self.press(Keys.ENTER)
        self.wait("the print screen", lambda: self.at().endswith("/print"))

    def quit(self):
        self.listen()
        self.browser.quit()

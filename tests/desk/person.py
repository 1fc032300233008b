"""A person at the desk, in headless Chromium: signs in, looks, presses keys. Counts keys and clicks."""
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

SIZES = {1280: 900, 820: 1180}
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
AXE = f"const done = arguments[0]; axe.run(document, {{runOnly: {RULES}}}).then(r => done(r.violations))"


class Person:
    def __init__(self, cloud, axe, shots, width):
        options = webdriver.ChromeOptions()
        for option in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--lang=ja"]:
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        # A busy machine takes its time over a large page
        self.browser.set_script_timeout(300)
        self.browser.command_executor.client_config.timeout = 320
        self.cloud, self.axe, self.shots, self.width = cloud, axe, shots, width
        self.keys = self.clicks = 0
        self.console, self.violations, self.checked = [], [], []
        self.resize(width)

    # -- acts, counted
    def type(self, text, field=None):
        self.keys += len(text)
        (field or self.browser.switch_to.active_element).send_keys(text)

    def press(self, key, control=False):
        self.keys += 1
        self.browser.switch_to.active_element.send_keys(*([Keys.CONTROL, key] if control else [key]))

    def click(self, target):
        """A selector, or an element."""
        self.clicks += 1
        element = self.one(target) if isinstance(target, str) else target
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
        WebDriverWait(self.browser, seconds, 0.1, ignored_exceptions=[Exception]).until(lambda _: until(), what)

    def go(self, path):
        self.browser.get(self.cloud.desk + path)

    def seconds(self):
        """From asking for this page, redirects included, to all of it being there."""
        self.wait("the page", lambda: self.browser.execute_script("return document.readyState") == "complete")
        return self.browser.execute_script("return performance.getEntriesByType('navigation')[0].duration") / 1000

    def resize(self, width, height=None):
        size = {"width": width, "height": height or SIZES[width], "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def look(self, name):
        """Console; and at both widths accessibility, nothing wider than the screen, a picture."""
        self.listen()
        script = self.browser.execute_script
        script(self.axe)
        for width in SIZES:
            self.resize(width)
            scrolled = script("return scrollY")
            # As high as the page, so that nothing lies half beneath what stays in sight
            self.resize(width, script("return document.documentElement.scrollHeight"))
            for found in self.browser.execute_async_script(AXE):
                self.violations.append(f"{name} ({width}): {found['id']} {found['nodes'][0]['target']} {found['help']}")
            self.resize(width)
            script("scrollTo(0, arguments[0])", scrolled)
            wider = script("const d = document.documentElement; return d.scrollWidth - d.clientWidth")
            if wider > 0:
                self.violations.append(f"{name} ({width}): {wider} pixels wider than the screen")
            self.browser.save_screenshot(f"{self.shots}/{name}-{width}.png")
        self.resize(self.width)
        self.checked.append(name)

    def listen(self):
        self.console += [f"{self.at()}: {m['message']}" for m in self.browser.get_log("browser")]

    # -- whole steps
    def sign_in(self, name):
        user = self.cloud.user(name)
        if not self.at().startswith("/sign-in"):
            self.go("/sign-in")
        self.one("#name").clear()
        self.type(user["name"], self.one("#name"))
        self.second_factor(user)
        self.wait("signed in", lambda: self.at() == "/")

    def second_factor(self, user):
        self.type(user["password"], self.one("#password"))
        self.type(self.cloud.code(user), self.one("#code"))
        self.press(Keys.ENTER)

    def begin(self, patient, kind):
        if self.at() != "/":
            self.go("/")
        self.type(patient, self.one("#patient"))
        self.choose("#kind", kind)
        self.click("section form button.main")
        self.wait("the new document", lambda: self.at().startswith("/new/"))

    def draft(self, addressee=1):
        """To the first (or another) entry of the address book; returns the document's address."""
        if self.all("#addressee"):
            self.choose("#addressee", self.all("#addressee option")[addressee].get_attribute("value"))
        self.press(Keys.ENTER, control=True)
        return self.drafted()

    def drafted(self):
        self.wait("the draft", lambda: self.at().startswith("/documents/"), 60)
        self.wait("the review screen", lambda: self.one("#text"))
        return self.at()

    def open(self, document):
        self.go(document)
        self.wait("the review screen", lambda: self.one("#text"))

    def fill_gaps(self):
        """Writes into every place that a person must fill, by keys alone."""
        gaps = len(self.all(".s.fill"))
        # Flagged places are gone to by the same key
        for _ in range(gaps + len(self.all(".s.flagged:not(.fill)"))):
            self.press("f")
            if not self.all(".s.fill.on"):
                continue
            self.press("e")
            area = self.browser.switch_to.active_element
            area.clear()
            self.type("診察のうえ確認した。", area)
            self.press(Keys.ESCAPE)
        return gaps

    def flags(self):
        return sorted({r.get_attribute("name") for r in self.all("input[name^='answer:']")})

    def finalise(self, name):
        self.wait("the second factor", lambda: self.one("#password"))
        self.second_factor(self.cloud.user(name))
        self.wait("the print screen", lambda: self.at().endswith("/print"))

    def printed(self):
        self.browser.switch_to.frame(self.one("#paper"))
        paper = self.text()
        self.browser.switch_to.default_content()
        return paper

    def sign_out(self):
        self.click("#sign-out button")
        self.wait("signed out", lambda: "サインアウトしました" in self.text())

    def quit(self):
        self.listen()
        self.browser.quit()

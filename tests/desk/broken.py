"""When something is in the way: no model, a session that ended, a reload, two patients in two tabs, a page that is gone."""
import time

from finals import LETTER, SUMMARY
from selenium.webdriver.common.by import By


def refused(person):
    """A wrong password says so and keeps the name; an address that nobody has is a page with a way back."""
    user = person.cloud.user("tanaka")
    person.go("/sign-in")
    person.type("tanaka", person.one("#name"))
    person.type("wrong password", person.one("#password"))
    person.type("000000", person.one("#code"))
    person.click("button.main")
    person.wait("the refusal", lambda: person.one(".said").text)
    assert person.one("#name").get_attribute("value") == user["name"]
    person.look("sign-in-refused")
    person.listen()
    # The browser itself writes a line for a page whose status is no success
    person.console = [m for m in person.console if not ("/sign-in" in m and "401" in m)]


def model_down(person):
    person.cloud.faults("access-denied")
    try:
        person.begin("52917384", SUMMARY)
        person.choose("#addressee", "0")
        person.click("button.main")
        person.wait("the failure", lambda: "作成できませんでした" in person.text(), 90)
        person.look("failed")
        person.click("a[href$='/by-hand']")
        person.wait("the form", lambda: person.all("textarea"))
        area = person.one("textarea[name='hand:333']")
        person.type("抗菌薬で軽快し、退院した。", area)
        person.look("by-hand")
        person.wait("kept", lambda: "自動保存" in person.one(".kept").text)
        form = person.at()
        person.go(form.replace("by-hand", "paper"))
        assert "抗菌薬で軽快し、退院した。" in person.text() and "未登録" in person.text()
        person.look("by-hand-paper")
        person.go(form)
    finally:
        person.cloud.faults()
    assert person.one("textarea[name='hand:333']").get_attribute("value") == "抗菌薬で軽快し、退院した。"
    person.click("button[value=bring]")
    document = person.drafted()
    entered = [e.text for e in person.all(".s.entered .t")]
    assert any("抗菌薬で軽快し、退院した。" in t for t in entered), entered
    return document


def session_ended_while_editing(person, document):
    """Signed out elsewhere, typing goes on; after signing in again in another tab it is kept, and a reload shows it."""
    person.open(document)
    page = person.browser.current_window_handle
    person.press("j")
    sentence = person.one(".s.on").get_attribute("id")
    person.press("e")
    person.type("一文目の加筆。")
    person.wait("kept", lambda: "自動保存" in person.one(".act .kept").text)
    person.browser.switch_to.new_window("tab")
    person.resize(person.width)
    person.go("/")
    person.sign_out()
    person.browser.switch_to.window(page)
    person.type("二文目の加筆。", person.one(f"#{sentence} textarea"))
    person.wait("the warning", lambda: "まだ保存できていません" in person.one("#banner").text)
    person.look("review-signed-out")
    other = next(w for w in person.browser.window_handles if w != page)
    person.browser.switch_to.window(other)
    person.sign_in("tanaka")
    person.browser.switch_to.window(page)
    person.wait("kept under the new session", lambda: not person.one("#banner").is_displayed(), 20)
    # Reloaded in the same breath as the last word
    person.type("三文目の加筆。", person.one(f"#{sentence} textarea"))
    person.browser.refresh()
    text = person.one(f"#{sentence} textarea").get_attribute("value")
    assert all(words in text for words in ["一文目の加筆。", "二文目の加筆。", "三文目の加筆。"]), text
    person.look("review-edited")
    person.browser.switch_to.window(other)
    person.browser.close()
    person.browser.switch_to.window(page)


def two_tabs_two_patients(person):
    """Corrections in two tabs go to the two documents; the back button shows nothing after a sign-out."""
    person.begin("61529473", LETTER)
    person.draft()
    person.go("/")
    rows = person.all("section[aria-labelledby=h-open] tbody tr")
    by_patient = {r.find_element(By.TAG_NAME, "small").text: r.find_element(By.TAG_NAME, "a").get_attribute("href") for r in rows}
    assert len(by_patient) >= 2, "drafts of two patients are open"
    names, tabs = [], []
    for link in list(by_patient.values())[:2]:
        person.browser.switch_to.new_window("tab")
        person.resize(person.width)
        tabs.append(person.browser.current_window_handle)
        person.browser.get(link)
        names.append(person.one(".patient .big dd").text)
    assert names[0] != names[1], "two patients"
    for tab, words in zip(tabs, ["一人目への追記。", "二人目への追記。"]):
        person.browser.switch_to.window(tab)
        addition = person.one(".add:not([open])")
        person.click(".add:not([open]) summary")
        person.type(words, addition.find_element(By.TAG_NAME, "textarea"))
    for tab, name, own, other in zip(tabs, names, ["一人目", "二人目"], ["二人目", "一人目"]):
        person.browser.switch_to.window(tab)
        person.browser.refresh()
        kept = " ".join(a.get_attribute("value") for a in person.all(".add textarea"))
        assert own in kept and other not in kept and person.one(".patient .big dd").text == name, (name, kept)
    person.sign_out()
    person.browser.back()
    time.sleep(1)
    assert names[1].split()[0] not in person.text(), "nothing of the patient is left on the screen"
    stored = person.browser.execute_script("return localStorage.length + sessionStorage.length + document.cookie.length")
    assert stored == 0, "nothing is stored in the browser that a script could read"

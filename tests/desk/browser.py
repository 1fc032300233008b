"""The desk in a browser: python3 browser.py READY.json AXE.js FOLDER. Every flow ends the run where it fails."""
import os
import re
import sys
import time

from desk import Cloud, Person
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

SUMMARY, LETTER = "discharge-summary", "referral-letter"


def begin(person, patient, kind):
    if person.at() != "/":
        person.go("/")
    person.type(patient, person.one("#patient"))
    person.choose("#kind", kind)
    person.click("section form button.main")
    person.wait("the new document", lambda: person.at().startswith("/new/"))


def sign_in_to_print(person):
    """A physician, a summary, from sign-in to the printed final document."""
    person.go("/")
    person.look("sign-in")
    began, person.keys, person.clicks = time.time(), 0, 0
    person.sign_in("sato")
    person.look("worklist")
    person.click(".late")
    person.one("#h-due + .scroll form button").click()
    person.clicks += 1
    person.wait("the new document", lambda: person.at().startswith("/new/"))
    person.look("new")
    person.choose("#addressee", "0")
    person.press(Keys.ENTER, control=True)
    person.wait("progress or document", lambda: re.search("progress|documents", person.at()))
    document = person.drafted()
    person.look("review")
    assert person.one(".passages.on").is_displayed(), "the first sentence shows its evidence"
    first = person.one(".s.on").get_attribute("id")
    person.press("j")
    second = person.one(".s.on").get_attribute("id")
    assert first != second and person.one(f"#e-{second}").is_displayed() and not person.one(f"#e-{first}").is_displayed()
    person.fill_gaps()
    for flag in {r.get_attribute("name") for r in person.all("input[name^='answer:']")}:
        person.click(f"input[name='{flag}'][value='accepted']")
    person.press(Keys.ENTER, control=True)
    person.wait("the second factor", lambda: person.at().endswith("/finalise"))
    person.look("finalise")
    person.finalise("sato")
    person.look("print")
    person.browser.switch_to.frame(person.one("#paper"))
    paper = person.text()
    person.browser.switch_to.default_content()
    assert "下書き" not in paper and "佐藤 健一" in paper, "the issued copy is final"
    print(f"sign-in to printed final document: {person.keys} keys, {person.clicks} clicks, {time.time() - began:.0f} s")
    person.go(document + "/text")
    person.look("text")
    person.go(document + "/versions")
    person.look("versions")


def clerk_to_physician(clerk, physician):
    clerk.sign_in("kimura")
    begin(clerk, "84192637", LETTER)
    clerk.look("new-letter")
    clerk.choose("#addressee", "0")
    clerk.choose("#for", "tanaka")
    clerk.type("造影剤で気分不良の既往あり。嚥下機能の再評価をお願いします。", clerk.one("textarea[name='st:950']"))
    clerk.press(Keys.ENTER, control=True)
    document = clerk.drafted()
    clerk.fill_gaps()
    clerk.click("button[value=save]")
    clerk.wait("the list", lambda: clerk.at() == "/")
    physician.sign_in("tanaka")
    physician.look("awaiting")
    assert "承認待ち" in physician.text()
    physician.click(f"section[aria-labelledby=h-waiting] a[href='{document}']")
    physician.wait("the review screen", lambda: physician.one("#text"))
    physician.look("review-letter")
    return document


def flag_must_be_answered(person, document):
    """Without an answer no second factor is asked for; with one by name it is."""
    flags = {r.get_attribute("name") for r in person.all("input[name^='answer:']")}
    assert flags, "the letter has a flag"
    person.click("button[value=finalise]")
    person.wait("the refusal", lambda: person.at().endswith("/finalise"))
    person.look("finalise-open")
    assert not person.all("#password") and "回答していない確認事項" in person.text()
    person.go(document)
    for flag in flags:
        person.click(f"input[name='{flag}'][value='corrected']")
    person.click("button[value=finalise]")
    person.finalise("tanaka")
    person.look("print-letter")
    person.go(document + "/versions")
    assert "木村 直子" in person.text() and "田中 美穂" in person.text()


def model_down(person, cloud):
    cloud.faults("access-denied")
    try:
        begin(person, "52917384", SUMMARY)
        person.choose("#addressee", "0")
        person.press(Keys.ENTER, control=True)
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
        cloud.faults()
    assert person.one("textarea[name='hand:333']").get_attribute("value") == "抗菌薬で軽快し、退院した。"
    person.click("button[value=bring]")
    person.drafted()
    entered = [e.text for e in person.all(".s.entered .t")]
    assert any("抗菌薬で軽快し、退院した。" in t for t in entered), entered


def session_ended_while_editing(person, document):
    """Signed out elsewhere, typing goes on; after signing in again in another tab it is kept, and a reload shows it."""
    person.go(document)
    page = person.browser.current_window_handle
    person.press("j")
    sentence = person.one(".s.on").get_attribute("id")
    person.press("e")
    person.type("一文目の加筆。")
    person.wait("kept", lambda: "自動保存" in person.one(".act .kept").text)
    person.browser.switch_to.new_window("tab")
    person.go("/")
    person.click("#sign-out button")
    person.wait("signed out", lambda: "サインアウトしました" in person.text())
    person.browser.switch_to.window(page)
    person.type("二文目の加筆。", person.one(f"#{sentence} textarea"))
    person.wait("the warning", lambda: "まだ保存できていません" in person.one("#banner").text)
    other = next(w for w in person.browser.window_handles if w != page)
    person.browser.switch_to.window(other)
    person.sign_in("tanaka")
    person.browser.switch_to.window(page)
    person.wait("kept under the new session", lambda: not person.one("#banner").is_displayed(), 20)
    person.browser.refresh()
    text = person.one(f"#{sentence} textarea").get_attribute("value")
    assert "一文目の加筆。" in text and "二文目の加筆。" in text, text
    person.look("review-edited")
    person.browser.switch_to.window(other)
    person.browser.close()
    person.browser.switch_to.window(page)


def two_tabs_two_patients(person):
    """Corrections in two tabs go to the two documents; the back button shows nothing after a sign-out."""
    begin(person, "31758264", LETTER)
    person.choose("#addressee", "0")
    person.press(Keys.ENTER, control=True)
    person.drafted()
    person.go("/")
    rows = person.all("section[aria-labelledby=h-open] tbody tr")
    by_patient = {r.find_element(By.TAG_NAME, "small").text: r.find_element(By.TAG_NAME, "a").get_attribute("href") for r in rows}
    assert len(by_patient) >= 2, "drafts of two patients are open"
    links = list(by_patient.values())[:2]
    names = []
    for link in links:
        person.browser.switch_to.new_window("tab")
        person.browser.get(link)
        names.append(person.one(".patient .big dd").text)
    assert names[0] != names[1], "two patients"
    tabs = person.browser.window_handles[-2:]
    for tab, words in zip(tabs, ["一人目への追記。", "二人目への追記。"]):
        person.browser.switch_to.window(tab)
        addition = person.one(".add:not([open])")
        person.click(".add:not([open]) summary")
        person.type(words, addition.find_element(By.TAG_NAME, "textarea"))
        person.wait("kept", lambda: "自動保存" in person.one(".act .kept").text)
    for tab, name, own, other in zip(tabs, names, ["一人目", "二人目"], ["二人目", "一人目"]):
        person.browser.switch_to.window(tab)
        person.browser.refresh()
        kept = " ".join(a.get_attribute("value") for a in person.all(".add textarea"))
        assert own in kept and other not in kept and person.one(".patient .big dd").text == name
    person.click("#sign-out button")
    person.wait("signed out", lambda: "サインアウトしました" in person.text())
    person.browser.back()
    time.sleep(1)
    assert names[1].split()[0] not in person.text(), "nothing of the patient is left on the screen"
    stored = person.browser.execute_script("return localStorage.length + sessionStorage.length + document.cookie.length")
    assert stored == 0, "nothing is stored in the browser that a script could read"


def main():
    ready, axe, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    cloud, axe = Cloud(ready), open(axe, encoding="utf-8").read()
    people = [Person(cloud, axe, folder), Person(cloud, axe, folder, 820, 1180), Person(cloud, axe, folder, 820, 1180)]
    wide, clerk, narrow = people
    flows = []

    def flow(name, run):
        began = time.time()
        result = run()
        flows.append(name)
        print(f"{name}: {time.time() - began:.0f} s", flush=True)
        return result

    try:
        flow("sign-in to print", lambda: sign_in_to_print(wide))
        letter = flow("clerk to physician", lambda: clerk_to_physician(clerk, narrow))
        flow("a flag must be answered", lambda: flag_must_be_answered(narrow, letter))
        flow("model down", lambda: model_down(narrow, cloud))
        flow("session ended while editing", lambda: session_ended_while_editing(narrow, narrow.at()))
        flow("two tabs, two patients", lambda: two_tabs_two_patients(narrow))
    finally:
        for person in people:
            person.quit()
        console = [m for p in people for m in p.console]
        violations = [v for p in people for v in p.violations]
        for line in console + violations:
            print(line)
        looked = sum(p.checked for p in people)
        print(f"{len(flows)} flows, {looked} screens checked, {len(violations)} violations, {len(console)} console messages")
    sys.exit(1 if console or violations else 0)


if __name__ == "__main__":
    main()

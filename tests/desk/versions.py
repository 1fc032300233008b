"""What another system made, what the record contradicts, corrections and their differences, text for the EMR, a draft anew with a remark."""
from finals import SUMMARY
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def made_elsewhere(person):
    """A summary that another system had drafted is listed once somebody asks, and its patient is due no more."""
    document = person.cloud.draft_elsewhere("sato", "68340791", SUMMARY)
    person.go("/")
    due = "section[aria-labelledby=h-due]"
    assert "松本 悠真" in person.one(due).text and not person.all(f"a[href='/documents/{document}']")
    person.click("form[action='/look-up'] button")
    person.wait("the document", lambda: person.all(f"section[aria-labelledby=h-open] a[href='/documents/{document}']"))
    assert "松本 悠真" not in person.one(due).text
    person.look("worklist-looked-up")


def contradiction(person):
    """Both sides of what the record contradicts are in view, with where they stand."""
    person.begin("20481937", SUMMARY)
    document = person.draft()
    asked = person.all("section[aria-labelledby=h-questions] > ul > li")
    sides = [len(question.find_elements(By.TAG_NAME, "blockquote")) for question in asked]
    assert max(sides, default=0) >= 2, [question.text for question in asked]
    assert person.one(".todo a[href='#h-questions'] b").text == str(len(asked))
    person.click(".todo a[href='#h-questions']")
    person.look("review-contradiction")
    return document


def difference(person, document):
    """A correction with a character that the EMR cannot hold: shown as a difference, named beside the text to copy."""
    person.open(document)
    person.press("j")
    sentence = person.one(".s.on").get_attribute("id")
    person.press("e")
    person.type("㐂多医師に確認した。")
    person.press(Keys.ESCAPE)
    person.type("言い回しを直した。", person.one("#reason"))
    person.click("button[value=save]")
    person.wait("the second revision", lambda: "第2版" in person.one("h1").text)
    assert "㐂多医師に確認した。" in person.one(f"#{sentence} .t").text
    person.click("a[href$='/versions']")
    person.wait("the versions", lambda: person.one(".changes"))
    changed = [row.text for row in person.all(".changes tbody tr")]
    assert len(changed) == 1 and "㐂多医師に確認した。" in changed[0] and "機械" in changed[0] and "人" in changed[0], changed
    assert "言い回しを直した。" in person.text(), "the reason stands in the history"
    person.look("versions")
    person.go(document + "/text")
    assert "〓多医師に確認した。" in person.one("#plain").get_attribute("value")
    assert "㐂（U+3402）" in person.one(".notice").text, "what CP932 cannot hold is named"
    person.click("#copy")
    person.wait("copied", lambda: "コピーしました" in person.one("#copied").text)
    person.look("text")


def again(person, document):
    """A remark makes another draft; the one of before stays. The wait tells what is being done, and may be left."""
    person.open(document)
    person.click(".later > summary")
    person.type("内服の変更の理由を詳しく書いてください。", person.one("#remark"))
    person.cloud.faults("slow", times=1)
    try:
        person.click("form[action$='/again'] button")
        person.wait("the wait", lambda: person.at().endswith("/progress"))
        person.look("progress")
        assert "照らし合わせています" in person.text() and "秒" in person.text()
        person.click("p > a.button[href='/']")
        person.wait("the list", lambda: person.at() == "/")
        waiting = "section[aria-labelledby=h-kept] tbody a"
        assert person.all(waiting), "the work is in the list while the draft is made"
        person.click(waiting)
        other = person.drafted()
    finally:
        person.cloud.faults()
    assert other != document
    person.open(document)
    assert "第2版" in person.one("h1").text

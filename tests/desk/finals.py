"""From sign-in to the printed final document: a summary, a letter that a clerk began, a nursing summary."""
import time

from selenium.webdriver.common.keys import Keys

SUMMARY, LETTER, REPLY, NURSING = "discharge-summary", "referral-letter", "referral-reply", "nursing-summary"
# Keys and clicks from a prepared draft in the list to its second factor
MOST_KEYS, MOST_CLICKS = 7, 1


def summary(person):
    """A physician takes the patient who waits longest."""
    person.go("/")
    person.look("sign-in")
    began, person.keys, person.clicks = time.time(), 0, 0
    person.sign_in("sato")
    person.look("worklist")
    person.click("#h-due + .scroll form button")
    person.wait("the new document", lambda: person.at().startswith("/new/"))
    person.look("new-summary")
    document = person.draft()
    person.look("review-summary")
    assert person.one(".passages.on").is_displayed(), "the first sentence shows its evidence"
    first = person.one(".s.on").get_attribute("id")
    person.press("j")
    second = person.one(".s.on").get_attribute("id")
    assert first != second and person.one(f"#e-{second}").is_displayed() and not person.one(f"#e-{first}").is_displayed()
    assert person.fill_gaps() > 0, "the chief complaint stands nowhere and must be written"
    person.press(Keys.ENTER, control=True)
    person.wait("the second factor", lambda: person.at().endswith("/finalise"))
    person.look("finalise")
    person.finalise("sato")
    person.look("print-summary")
    paper = person.printed()
    assert "下書き" not in paper and "佐藤 健一" in paper and "診察のうえ確認した。" in paper, "the issued copy is final"
    print(f"  sign-in to printed final summary: {person.keys} keys, {person.clicks} clicks, {time.time() - began:.0f} s")
    person.go(document)
    person.look("review-final")


def clerk_to_physician(clerk):
    """A clerk prepares a letter and sends it to a physician; the draft has flags."""
    clerk.sign_in("kimura")
    clerk.look("worklist-clerk")
    clerk.begin("84192637", LETTER)
    clerk.look("new-letter")
    clerk.choose("#for", "tanaka")
    clerk.type("造影剤で気分不良の既往あり。嚥下機能の再評価をお願いします。", clerk.one("textarea[name='st:950']"))
    document = clerk.draft()
    assert not clerk.flags() and not clerk.all("button[value=finalise]"), "a clerk answers no flag and finalises nothing"
    clerk.fill_gaps()
    clerk.look("review-clerk")
    clerk.click("button[value=save]")
    clerk.wait("the list", lambda: clerk.at() == "/")
    return document


def flag_must_be_answered(person, document):
    """Without an answer no second factor is asked for; with one by name it is. From the list to the final letter by keys."""
    person.sign_in("tanaka")
    person.look("worklist-awaiting")
    assert "承認待ち" in person.text()
    person.click(f"section[aria-labelledby=h-waiting] a[href='{document}']")
    person.wait("the review screen", lambda: person.one("#text"))
    assert person.flags(), "the letter has a flag"
    person.press("f")
    person.look("review-flag")
    assert "未回答" in person.one(".passages.on").text, "the flag stands beside the evidence of its sentence"
    person.press(Keys.ENTER, control=True)
    person.wait("the refusal", lambda: person.at().endswith("/finalise"))
    person.look("finalise-unanswered")
    assert not person.all("#password") and "回答していない確認事項" in person.text()
    person.open(document)
    for _ in person.flags():
        person.press("f")
        person.press("1")
    person.press(Keys.ENTER, control=True)
    person.finalise("tanaka")
    person.look("print-letter")
    person.go(document + "/versions?from=1&to=2")
    assert "木村 直子" in person.text() and "田中 美穂" in person.text()


def three_flags(person):
    """Keys, clicks and the software's own time from a prepared draft in the list to the final document."""
    person.cloud.faults("negation-flip")
    try:
        person.begin("31758264", REPLY)
        document = person.draft()
    finally:
        person.cloud.faults()
    drafting = person.seconds()
    person.fill_gaps()
    person.click("button[value=save]")
    person.wait("saved", lambda: not person.all(".s.fill"))
    flags = person.flags()
    assert len(flags) == 3, flags
    person.go("/")
    person.keys = person.clicks = 0
    person.click(f"a[href='{document}']")
    person.wait("the review screen", lambda: person.one("#text"))
    took = [person.seconds()]
    for _ in flags:
        person.press("f")
        person.press("1")
    person.press(Keys.ENTER, control=True)
    person.wait("the second factor", lambda: person.one("#password"))
    took.append(person.seconds())
    keys, clicks = person.keys, person.clicks
    person.finalise("sato")
    took.append(person.seconds())
    print(f"  three flags, from the list to final: {keys} keys and {clicks} click, and {person.keys - keys} keys of the second factor")
    print("  software's own time: " + ", ".join(f"{what} {s:.2f} s" for what, s in zip(["review", "check", "finalise and print"], took)))
    assert keys <= MOST_KEYS and clicks <= MOST_CLICKS, (keys, clicks)


def nursing(person):
    """A nurse's own kind, with the flags that it has, to the visiting nurses."""
    person.sign_in("mori")
    person.look("worklist-nurse")
    person.begin("31758264", NURSING)
    person.look("new-nursing")
    person.draft()
    person.look("review-nursing")
    person.fill_gaps()
    for flag in person.flags():
        person.click(f"input[name='{flag}'][value='accepted']")
    person.press(Keys.ENTER, control=True)
    person.finalise("mori")
    person.look("print-nursing")
    paper = person.printed()
    assert "下書き" not in paper and "森 由香" in paper
    person.click("form[action$='/issue'] button")
    person.wait("the copy on record", lambda: "これまでの交付" in person.text())
    person.look("print-issued")

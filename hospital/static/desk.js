// What a page does by itself: keys through sentences, keeping of what is typed, idle sign-out, the wait for a draft.
// Without it every page still works by links and forms. Nothing is stored in the browser.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const body = document.body;
  const banner = one("#banner");

  // A page out of the browser's memory may be another person's: asked for anew.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const say = (words, link) => {
    if (!banner) return;
    banner.textContent = words;
    if (link) {
      const a = document.createElement("a");
      a.href = link; a.target = "_blank"; a.rel = "noopener"; a.textContent = "別の画面でサインイン";
      banner.append("　", a);
    }
    banner.hidden = !words;
  };

  // A refusal is thrown as its status; it comes in a header, since a failed request would stand in the console.
  const ask = async (path, { body, passive } = {}) => {
    const headers = { "x-desk-script": "1", ...(passive && { "x-desk-passive": "1" }) };
    const answer = await fetch(path, { method: body ? "POST" : "GET", body, headers });
    if (answer.headers.has("x-desk-refused") || !answer.ok) throw Number(answer.headers.get("x-desk-refused") || answer.status);
    return answer;
  };

  // ---- keeping what is typed
  const work = one("#work[data-keep]");
  const told = work && one(".kept", work);
  let dirty = false, timer = 0, sending = null;

  const typed = () => {
    const form = new FormData(work);
    for (const field of all("[data-also]")) form.append(field.name, field.value);
    return new URLSearchParams(form);
  };
  // Signed in again in another tab: this page's forms take the new session's guard, if it is the same person's.
  const renew = async () => {
    const now = await (await ask("/session", { passive: true })).json();
    if (now.user !== body.dataset.user) return false;
    for (const field of all('input[name="csrf"]')) field.value = now.csrf;
    return true;
  };
  const keep = async (again = true) => {
    if (!work || !dirty) return true;
    dirty = false;
    try {
      await ask(work.dataset.keep, { body: typed() });
      told.textContent = `自動保存 ${new Date().toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit" })}`;
      say("");
      return true;
    } catch (status) {
      dirty = true;
      if (status === 401 && again && await renew().catch(() => false)) return keep(false);
      if (status === 401) say("サインアウトされたため、入力をまだ保存できていません。この画面を閉じないでください。", "/sign-in");
      else if (status === 409) say("この画面は保存できません。別の利用者がサインインしたか、文書が作成中です。");
      else if (status === 413) say("入力が長すぎて保存できません。分けて入力してください。");
      else say("この端末のサーバーにつながらず、入力をまだ保存できていません。この画面を閉じないでください。");
      return false;
    }
  };
  const soon = (ms) => { clearTimeout(timer); timer = setTimeout(() => { sending = keep(); }, ms); };
  if (work) {
    addEventListener("input", (event) => {
      if (!event.target.closest("#work, [data-also]")) return;
      dirty = true; soon(800);
    });
    setInterval(() => { if (dirty) soon(0); }, 5000);
    // Before the next page is asked for, so that a reload shows the last word; where no `beforeunload` comes, on hiding
    const last = () => { if (dirty && navigator.sendBeacon(work.dataset.keep, typed())) dirty = false; };
    addEventListener("beforeunload", last);
    addEventListener("pagehide", last);
    addEventListener("submit", () => { dirty = false; clearTimeout(timer); });
    addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        const button = one("button.main", work);
        if (button) { event.preventDefault(); button.click(); }
      }
    });
  }
  for (const button of all("[data-ask]")) {
    button.addEventListener("click", (event) => { if (!confirm(button.dataset.ask)) event.preventDefault(); });
  }
  for (const select of all("select[data-submit]")) {
    const button = one(`#${select.dataset.submit}`);
    button.hidden = true;
    select.addEventListener("change", () => button.click());
  }
  const addressee = one("#addressee"), other = one("#other");
  if (addressee && other) addressee.addEventListener("change", () => { other.open = addressee.value === "other"; });

  // ---- sentences and their evidence
  const text = one("#text");
  if (text) {
    const sentences = all(".s", text);
    let at = -1;
    const open = (n, focus = true) => {
      if (n < 0 || n >= sentences.length) return;
      all(".s.on, .passages.on").forEach((e) => e.classList.remove("on"));
      at = n;
      const sentence = sentences[n];
      sentence.classList.add("on");
      one(`#e-${CSS.escape(sentence.id)}`).classList.add("on");
      one("#no-evidence").hidden = true;
      const link = one(".t", sentence);
      if (focus) { link.focus({ preventScroll: true }); link.scrollIntoView({ block: "center" }); }
    };
    const edit = (sentence) => {
      const area = one("textarea", sentence);
      if (!area) return;
      area.hidden = area.disabled = false;
      area.rows = Math.max(2, Math.ceil(area.value.length / 36));
      area.focus();
      area.setSelectionRange(area.value.length, area.value.length);
    };
    // A flag's answer stands beside its evidence too; 1 to 3 give it
    const answered = () => {
      for (const place of all("[data-answer]")) {
        const chosen = one(`#flag-${CSS.escape(place.dataset.answer)} input:checked + label`);
        place.textContent = chosen ? `回答：${chosen.textContent}` : "未回答";
      }
    };
    const answer = (sentence, n) => {
      for (const place of all("[data-answer]", one(`#e-${CSS.escape(sentence.id)}`))) {
        all(`#flag-${CSS.escape(place.dataset.answer)} input`)[n]?.click();
      }
    };
    addEventListener("change", answered);
    answered();
    const close = (sentence) => {
      const area = one("textarea", sentence);
      if (area && area.value === one(".t", sentence).dataset.text) area.hidden = area.disabled = true;
      else if (area) sentence.classList.add("edited");
      open(sentences.indexOf(sentence));
    };
    for (const sentence of sentences) {
      const area = one("textarea", sentence), link = one(".t", sentence);
      if (area) link.dataset.text = area.hidden ? area.value : "\u0000";
      link.addEventListener("click", (event) => { event.preventDefault(); open(sentences.indexOf(sentence)); });
      link.addEventListener("dblclick", () => edit(sentence));
    }
    const go = (id) => {
      const n = sentences.findIndex((s) => s.id === id);
      if (n >= 0) open(n);
    };
    for (const link of all("[data-go]")) {
      link.addEventListener("click", (event) => { event.preventDefault(); go(link.dataset.go); });
    }
    const marked = (s) => s.classList.contains("fill") || s.classList.contains("flagged");
    // Single keys work only while a sentence has the focus (WCAG 2.1.4)
    text.addEventListener("keydown", (event) => {
      const area = event.target.closest("textarea"), sentence = event.target.closest(".s");
      if (area) {
        if (event.key === "Escape" && sentence) { event.preventDefault(); close(sentence); }
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest(".t")) return;
      const next = sentences.findIndex((s, n) => n > at && marked(s));
      const keys = {
        j: () => open(at + 1), ArrowDown: () => open(at + 1), k: () => open(at - 1), ArrowUp: () => open(at - 1),
        f: () => open(next >= 0 ? next : sentences.findIndex(marked)),
        e: () => sentence && edit(sentence), Enter: () => sentence && edit(sentence),
        1: () => sentence && answer(sentence, 0), 2: () => sentence && answer(sentence, 1), 3: () => sentence && answer(sentence, 2),
      };
      const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (act) { event.preventDefault(); act(); }
    });
    text.addEventListener("focusin", (event) => {
      const sentence = event.target.closest(".s");
      const n = sentence ? sentences.indexOf(sentence) : -1;
      if (n >= 0 && n !== at) open(n, false);
    });
    const named = location.hash.slice(1);
    if (named.startsWith("flag-")) one(`#${CSS.escape(named)} input`)?.focus();
    else if (sentences.some((s) => s.id === named)) go(named);
    else { open(0, false); one(".t", sentences[0])?.focus({ preventScroll: true }); }
  }

  // ---- paper and text
  one("#print")?.addEventListener("click", () => one("#paper").contentWindow.print());
  one("#copy")?.addEventListener("click", async () => {
    const area = one("#plain");
    try { await navigator.clipboard.writeText(area.value); }
    catch { area.select(); document.execCommand("copy"); }
    one("#copied").textContent = "コピーしました。";
  });

  // ---- the wait for a draft
  const progress = one("#progress");
  if (progress) {
    const look = async () => {
      try {
        const now = await (await ask(progress.dataset.state, { passive: true })).json();
        if (!now.waiting) { location.reload(); return; }
        one("#seconds").textContent = now.seconds;
        if (one("#said").textContent !== now.said) one("#said").textContent = now.said;
      } catch (status) {
        if (status === 401) { location.reload(); return; }
        say("この端末のサーバーにつながりません。作成は続いています。");
      }
      setTimeout(look, 1000);
    };
    setTimeout(look, 700);
  }

  // ---- idle sign-out, a minute's notice before
  const idle = Number(body.dataset.idle || 0) * 1000;
  if (idle) {
    const dialog = one("#idle");
    let acted = Date.now(), pinged = Date.now();
    const act = () => {
      acted = Date.now();
      // Reading is an act too: the server hears of it once a minute
      if (acted - pinged > 60000) { pinged = acted; ask("/session").catch(() => {}); }
    };
    for (const kind of ["keydown", "pointerdown", "wheel", "touchmove"]) addEventListener(kind, act, { passive: true });
    one("#stay").addEventListener("click", () => { pinged = 0; act(); dialog.close(); });
    setInterval(async () => {
      const left = acted + idle - Date.now();
      if (left > 60000) { if (dialog.open) dialog.close(); return; }
      if (left > 0) { if (!dialog.open) dialog.showModal(); return; }
      await (dirty ? keep() : sending);
      one('#sign-out input[name="why"]').value = "idle";
      one("#sign-out").submit();
    }, 5000);
  }
})();

// Keeps a page up to date without losing the reader's place. Every page works without it.
"use strict";

(() => {
  const main = document.getElementById("main");
  const stale = document.getElementById("stale");
  const every = Number(main?.dataset.refresh || 0) * 1000;
  if (!every) return;

  let shown = main.innerHTML;
  let typed = false;
  let goodAt = new Date();

  // What a reader began to fill in or to mark is theirs until it is sent.
  main.addEventListener("input", () => { typed = true; });
  const selecting = () => {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && main.contains(selection.anchorNode);
  };
  const filling = () => document.activeElement?.matches?.("#main input, #main select, #main textarea, #main form button");
  const busy = () => typed || filling() || selecting();

  // How an element is found again in the new content: by its id, else by what it is and its place among its like.
  const key = (element, name) => {
    if (!element || !main.contains(element) || element === main) return null;
    if (element.id) return () => document.getElementById(element.id);
    const href = element.getAttribute("href");
    const like = href ? `a[href="${CSS.escape(href)}"]` : name;
    const place = [...main.querySelectorAll(like)].indexOf(element);
    return () => main.querySelectorAll(like)[place];
  };

  const replace = (next) => {
    const focused = key(document.activeElement, document.activeElement?.localName);
    const folded = [...main.querySelectorAll("details")].map((each) => [key(each, "details"), each.open]);
    const sideways = [...main.querySelectorAll(".wide")].map((each) => [key(each, ".wide"), each.scrollLeft]);
    const top = window.scrollY;
    main.replaceChildren(...next.childNodes);
    for (const [find, open] of folded) { const each = find(); if (each) each.open = open; }
    for (const [find, left] of sideways) { const each = find(); if (each) each.scrollLeft = left; }
    focused?.()?.focus({ preventScroll: true });
    window.scrollTo({ top, behavior: "instant" });
  };

  const tell = (text) => {
    if (stale.textContent !== text) stale.textContent = text;
    stale.hidden = !text;
  };

  const refresh = async () => {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
      if (answer.redirected || answer.status === 401) return tell("You are logged out: load the page again.");
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      const page = new DOMParser().parseFromString(text, "text/html");
      const next = page.getElementById("main");
      goodAt = new Date();
      tell("");
      if (!next || next.innerHTML === shown || busy()) return;
      shown = next.innerHTML;
      document.title = page.title;
      replace(next);
    } catch {
      tell(`Not up to date: no answer from alertd since ${goodAt.toLocaleTimeString()}.`);
    }
  };

  let due = 0;
  const again = () => {
    clearTimeout(due);
    if (!document.hidden) due = setTimeout(() => refresh().finally(again), every);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(due);
    else refresh().finally(again);
  });
  again();
})();

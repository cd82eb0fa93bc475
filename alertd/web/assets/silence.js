// Choosing labels without losing what was filled in beside them. The page works without it: each label is a link.
"use strict";

(() => {
  const PARTS = ["chosen", "labels", "preview", "terms-matchers"];
  const LOOK_EVERY = 10000;
  let asked = 0;

  const show = async (address, parts) => {
    const mine = ++asked;
    const answer = await fetch(address, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return false; // somebody clicked again meanwhile
    if (!parts.every((id) => page.getElementById(id) || !document.getElementById(id))) throw new Error("another page");
    for (const id of parts) {
      const next = page.getElementById(id);
      const before = document.getElementById(id);
      if (next && before && next.innerHTML !== before.innerHTML) before.replaceChildren(...next.childNodes);
    }
    document.getElementById("wrong")?.remove();
    const wrong = page.getElementById("wrong");
    if (wrong) document.getElementById("chosen").before(wrong);
    return answer.ok;
  };

  const choose = async (address, again) => {
    try {
      if (await show(address, PARTS)) history.replaceState(null, "", address);
      document.getElementById("chosen-name").focus({ preventScroll: true });
    } catch {
      again();
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-chooses]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    choose(link.href, () => location.assign(link.href));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-chooses]")) return;
    event.preventDefault();
    const address = `/silences/new?${new URLSearchParams(new FormData(form))}`;
    choose(address, () => location.assign(address));
  });
  // Whoever writes a length or a time means it.
  document.addEventListener("input", (event) => {
    const radio = document.getElementById(event.target.dataset?.picks);
    if (radio) radio.checked = true;
  });
  setInterval(() => {
    if (!document.hidden && location.pathname === "/silences/new") show(location.href, ["preview"]).catch(() => {});
  }, LOOK_EVERY);
})();

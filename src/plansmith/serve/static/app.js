// What htmx cannot do alone: the links between brief and plan, the name of a chosen file, where the focus goes.
(() => {
  "use strict";
  const all = (selector, root) => (root || document).querySelectorAll(selector);
  const one = (id) => document.querySelector("[data-s=\"" + CSS.escape(id) + "\"]");
  const clear = () => all(".lit").forEach((e) => e.classList.remove("lit"));

  function show(sentence) {
    const pane = sentence.closest(".brief");
    if (!pane) return;
    const top = sentence.offsetTop - pane.offsetTop;
    if (top < pane.scrollTop || top > pane.scrollTop + pane.clientHeight - 40) pane.scrollTop = top - pane.clientHeight / 3;
  }

  function light(target) {
    const sentence = target.closest("[data-s], [data-s-link]");
    const item = target.closest("[data-source]");
    if (!sentence && !item) { clear(); return; }
    clear();
    if (sentence && sentence.dataset.s) {
      const id = sentence.dataset.s;
      sentence.classList.add("lit");
      all("[data-source]").forEach((e) => { if (e.dataset.source.split(" ").includes(id)) e.classList.add("lit"); });
      return;
    }
    const ids = sentence ? [sentence.dataset.sLink] : item.dataset.source.split(" ");
    if (item) item.classList.add("lit");
    ids.filter(Boolean).forEach((id, i) => { const e = one(id); if (e) { e.classList.add("lit"); if (i === 0) show(e); } });
  }

  document.addEventListener("mouseover", (e) => light(e.target));
  document.addEventListener("focusin", (e) => light(e.target));

  document.addEventListener("click", (e) => {
    const close = e.target.closest("[data-close]");
    if (close) close.closest(".notice").remove();
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(e.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      all("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
      const form = e.target.closest("[data-editing]");
      if (form) form.querySelector("[data-cancel]").click();
    }
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      const form = e.target.closest("form");
      if (form) form.requestSubmit();
    }
    const typing = e.target.closest("input, textarea, select");
    if (e.key.toLowerCase() === "z" && (e.ctrlKey || e.metaKey) && !typing) {
      const undo = document.querySelector("[data-undo]:not(:disabled)");
      if (undo) { e.preventDefault(); undo.click(); }
    }
  });

  document.addEventListener("change", (e) => {
    if (e.target.type !== "file") return;
    const label = e.target.parentElement.querySelector("[data-file]");
    if (label && e.target.files.length) label.textContent = [...e.target.files].map((f) => f.name).join(", ");
  });
  ["dragenter", "dragleave", "drop"].forEach((name) => document.addEventListener(name, (e) => {
    const drop = e.target.closest && e.target.closest(".drop");
    if (drop) drop.classList.toggle("over-it", name === "dragenter");
  }));

  function mark(root) {
    const heard = [...all(".heard[data-source]", root)];
    if (root.matches && root.matches(".heard[data-source]")) heard.push(root);
    heard.forEach((e) => {
      const sentence = one(e.dataset.source);
      if (!sentence) return;
      all(".s.now").forEach((s) => s.classList.remove("now"));
      sentence.classList.add("got", "now");
      show(sentence);
    });
    const read = [...all("[data-read]", root)];
    if (root.matches && root.matches("[data-read]")) read.push(root);
    read.forEach((e) => { const s = one(e.dataset.read); if (s) s.classList.add("read"); });
  }

  document.addEventListener("htmx:load", (e) => {
    const root = e.detail.elt;
    mark(root);
    const go = root.matches && (root.matches("[data-go]") ? root : root.querySelector("[data-go]"));
    if (go && go.closest("[sse-swap]")) location.assign(go.href);
    const plan = root.id === "plan" ? root : null;
    if (plan && plan.dataset.touched) {
      const item = document.getElementById(plan.dataset.touched);
      if (item) {
        item.classList.add("touched");
        const button = item.querySelector(".tool, button, textarea");
        if (button) button.focus({ preventScroll: true });
      }
    }
    const first = root.querySelector && root.querySelector("[autofocus]");
    if (first) first.focus();
  });
  document.addEventListener("htmx:beforeRequest", () => { document.getElementById("notice").replaceChildren(); });
  document.addEventListener("htmx:sendError", () => {
    const told = document.createElement("div");
    told.className = "notice bad";
    told.textContent = document.documentElement.lang === "ro" ? "Serverul nu răspunde. Pornește-l din nou și reia; nimic scris pe disc nu s-a pierdut." : "The server does not answer. Start it again and repeat; nothing that was saved is lost.";
    document.getElementById("notice").replaceChildren(told);
  });
})();

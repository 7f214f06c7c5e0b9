// Conveniences of every page. Everything works without them.
"use strict";

// The first visit tells the time zone, so that pages show local times. Once, and only where cookies are kept.
if (!/(^|; )tz=/.test(document.cookie)) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && zone !== "UTC") {
    document.cookie = `tz=${zone}; path=/; max-age=31536000; samesite=lax`;
    if (/(^|; )tz=/.test(document.cookie)) location.reload();
  }
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  } else if (event.key === "Escape") {
    if (typing) typing.blur();
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const row = event.target.closest("tbody[data-rows] tr");
  if (row && !event.target.closest("a, button") && !String(getSelection())) row.querySelector("a.row").click();
});

// Blank fields stay out of the address.
for (const form of document.querySelectorAll("form[data-tidy]")) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value.trim()) field.disabled = true;
  });
  if ("eager" in form.dataset) form.addEventListener("change", () => form.requestSubmit());
}
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-tidy] :disabled")) field.disabled = false;
});

// Filters stand beside the list where there is room, and fold away where there is not.
const fold = document.querySelector("[data-fold]");
if (fold) {
  const narrow = matchMedia("(max-width: 1099px)");
  const apply = () => { fold.open = !narrow.matches || Boolean(fold.querySelector("[aria-invalid]")); };
  narrow.addEventListener("change", apply);
  apply();
}

async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  const before = button.title;
  button.title = document.body.dataset.copied;
  button.setAttribute("aria-label", document.body.dataset.copied);
  setTimeout(() => { button.title = before; button.removeAttribute("aria-label"); }, 2000);
}
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy], [data-copy-link]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button, button.dataset.copy ?? location.href));
  }
}

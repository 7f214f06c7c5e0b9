// Brings each result of the board by its own address, two at a time: more queries do not run at once.
"use strict";

const board = document.querySelector(".board");
const places = board ? Array.from(board.querySelectorAll("[data-load]")) : [];

async function load(place) {
  place.setAttribute("aria-busy", "true");
  const loading = place.querySelector(":scope > .hint");
  if (loading) loading.hidden = false;
  try {
    const answer = await fetch(place.dataset.load, { cache: "no-store", signal: AbortSignal.timeout(60000) });
    const html = await answer.text();
    if (!(answer.headers.get("Content-Type") || "").startsWith("text/html")) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(html, "text/html");
    place.replaceChildren(...page.body.childNodes);
  } catch {
    const said = document.createElement("p");
    said.className = "hint";
    said.textContent = board.dataset.failed;
    place.replaceChildren(said);
  }
  place.setAttribute("aria-busy", "false");
}

async function loadAll() {
  const waiting = places.slice();
  const next = async () => { while (waiting.length) await load(waiting.shift()); };
  await Promise.all([next(), next()]);
}

loadAll();
const again = document.querySelector("[data-refresh]");
if (again) again.addEventListener("click", (event) => { event.preventDefault(); loadAll(); });

// The editor of queries: keys, history, and what a save form sends. Everything works without it.
"use strict";

const editor = document.querySelector("[data-editor]");
const field = editor.querySelector("textarea");
const KEPT = 50;

editor.querySelector(".keys").hidden = false;
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    editor.requestSubmit();
  }
});
// Another chart of a query that has run is one click away.
editor.addEventListener("change", (event) => {
  if (event.target.name === "chart" && field.value.trim()) editor.requestSubmit();
});

// What is saved is what stands in the editor, not what stood there when the page came.
const save = document.getElementById("save");
save.addEventListener("submit", () => {
  save.elements.q.value = field.value;
  save.elements.chart.value = editor.elements.chart.value || "table";
});

// The history is this browser's alone: nothing of it is sent.
const menu = document.querySelector("[data-history]");

function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem("queries") || "[]");
    return Array.isArray(kept) ? kept.filter((one) => one && typeof one.q === "string").slice(0, KEPT) : [];
  } catch { return []; }
}

function remember(kept) {
  try { localStorage.setItem("queries", JSON.stringify(kept)); } catch { /* a full or forbidden storage: no history */ }
}

function showHistory() {
  const list = menu.querySelector("ol");
  const items = remembered().map((one) => {
    const address = new URLSearchParams(location.search);
    address.set("q", one.q);
    if (one.chart) address.set("chart", one.chart); else address.delete("chart");
    const item = document.createElement("li");
    const link = item.appendChild(document.createElement("a"));
    link.href = `/query?${address}`;
    link.textContent = one.q;
    return item;
  });
  const none = document.createElement("li");
  none.textContent = menu.dataset.empty;
  list.replaceChildren(...(items.length ? items : [none]));
  menu.querySelector("button").hidden = !items.length;
}

if ("ran" in editor.dataset) {
  const ran = { q: field.value.trim(), chart: editor.elements.chart.value };
  remember([ran, ...remembered().filter((one) => one.q !== ran.q)].slice(0, KEPT));
}
menu.hidden = false;
showHistory();
menu.querySelector("button").addEventListener("click", () => { remember([]); showHistory(); });

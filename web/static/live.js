// Keeps ages and the live part of a page current, without moving what is being read.
"use strict";

const AGO = JSON.parse(document.body.dataset.ago);
const EVERY_MS = 1500;

const live = document.querySelector("[data-live]");
const toggle = document.querySelector("[data-live-toggle]");

let skew = 0; // server's clock minus ours, where they differ by more than an answer takes
let clock = "";

function ageText(ms) {
  const seconds = Math.floor((Date.now() + skew - ms) / 1000);
  if (seconds < -1) return AGO.future;
  for (const [length, unit] of [[86400, "d"], [3600, "h"], [60, "m"]]) {
    if (seconds >= length) return AGO[unit].replace("{n}", Math.floor(seconds / length));
  }
  return AGO.s.replace("{n}", Math.max(seconds, 0));
}

function showNewest() {
  const last = document.querySelector("[data-last-change]");
  const newest = toggle && toggle.querySelector(".newest");
  if (last && last.dataset.now !== clock) {
    clock = last.dataset.now;
    const difference = Number(clock) - Date.now();
    skew = Math.abs(difference) < 2000 ? 0 : difference;
  }
  if (newest && last && last.dataset.lastChange) newest.dataset.ms = last.dataset.lastChange;
}

function refreshAges() {
  showNewest();
  for (const time of document.querySelectorAll("time[data-ms]")) {
    const text = ageText(Number(time.dataset.ms));
    if (time.textContent !== text) time.textContent = text;
  }
}

const canLive = Boolean(live && toggle && !("liveOff" in live.dataset));
const state = { paused: new URLSearchParams(location.search).get("live") === "off", lost: false, tag: null, waiting: null };

function showState() {
  const name = state.paused ? "off" : state.lost ? "lost" : "on";
  toggle.className = `live ${name}`;
  toggle.querySelector("span").textContent = toggle.dataset[name];
  toggle.title = toggle.dataset[`hint${name[0].toUpperCase()}${name.slice(1)}`];
  toggle.setAttribute("aria-pressed", String(state.paused));
}

// Somebody is reading: text is selected, the focus is in a list, or the list is scrolled.
function beingRead(part) {
  const selection = getSelection();
  if (!selection.isCollapsed && part.contains(selection.anchorNode)) return true;
  if (part.contains(document.activeElement)) return true;
  return Boolean(part.querySelector("[data-rows]")) && part.getBoundingClientRect().top < 0;
}

function markNew(before, after) {
  const known = new Map(Array.from(before.querySelectorAll("tr[data-key]"), (row) => [row.dataset.key, row.dataset.seq]));
  let count = 0;
  for (const row of after.querySelectorAll("tr[data-key]")) {
    if (known.get(row.dataset.key) !== row.dataset.seq) { row.classList.add("new"); count += 1; }
  }
  return known.size ? count : 0;
}

// What the server sent is compared with what it sent before, not with the page, whose ages have gone on.
const sent = new Map();

function swap(html, force) {
  const next = new DOMParser().parseFromString(html, "text/html").body;
  let held = 0;
  const parts = Array.from(next.querySelectorAll("[data-part]"));
  const names = parts.map((part) => part.dataset.part);
  const current = Array.from(live.querySelectorAll("[data-part]"));
  const sameShape = names.join() === current.map((part) => part.dataset.part).join();
  if (!sameShape) {
    if (!force && beingRead(live)) { offer(1, html); return; }
    live.replaceChildren(...next.childNodes);
    sent.clear();
    return;
  }
  parts.forEach((part, index) => {
    const old = current[index];
    const text = part.outerHTML;
    if (sent.get(names[index]) === text) return;
    const fresh = markNew(old, part);
    if (!force && beingRead(old)) { held = Math.max(held, fresh || 1); return; }
    const open = old.querySelector("details[open]");
    if (open && part.querySelector("details")) part.querySelector("details").open = true;
    old.replaceWith(part);
    sent.set(names[index], text);
  });
  offer(held, html);
}

// "12 new": shown instead of moving the page; a click takes them in.
function offer(count, html) {
  let pill = document.querySelector(".arrivals");
  state.waiting = count ? html : null;
  if (!count) { if (pill) pill.remove(); return; }
  if (!pill) {
    pill = document.createElement("button");
    pill.type = "button";
    pill.className = "arrivals";
    pill.addEventListener("click", () => {
      const waiting = state.waiting;
      getSelection().removeAllRanges();
      pill.remove();
      scrollTo({ top: 0 });
      if (waiting) swap(waiting, true);
      refreshAges();
    });
    live.before(pill);
  }
  pill.textContent = toggle.dataset.new.replace("{n}", count);
}

async function refresh() {
  const headers = state.tag ? { "If-None-Match": state.tag } : {};
  const answer = await fetch(live.dataset.live + location.search, { headers, cache: "no-store", signal: AbortSignal.timeout(20000) });
  if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
  if (answer.status === 304) return;
  const html = await answer.text();
  state.tag = answer.headers.get("ETag");
  swap(html, false);
  refreshAges();
}

async function loop() {
  const started = performance.now();
  if (!state.paused && !document.hidden) {
    try { await refresh(); state.lost = false; } catch { state.lost = true; }
    showState();
  }
  // A slow answer (a long range, a busy machine) is asked for less often.
  const took = performance.now() - started;
  setTimeout(loop, Math.max(state.lost ? 2 * EVERY_MS : EVERY_MS, 8 * took));
}

refreshAges();
setInterval(refreshAges, 1000);
if (canLive) {
  toggle.hidden = false;
  showState();
  toggle.addEventListener("click", () => {
    state.paused = !state.paused;
    const address = new URL(location.href);
    if (state.paused) address.searchParams.set("live", "off"); else address.searchParams.delete("live");
    history.replaceState(null, "", address);
    showState();
  });
  setTimeout(loop, EVERY_MS);
}

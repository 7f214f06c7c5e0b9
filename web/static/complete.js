// Completion in the editor: fields and values in a search, columns, functions and values in SQL. Arrows choose, Tab and
// Enter take, Escape closes.
"use strict";

(() => {
  const area = document.querySelector("[data-editor] textarea");
  const box = area.parentElement;
  const kinds = JSON.parse(box.dataset.kinds);
  const MOST = 40;
  const list = box.appendChild(document.createElement("ul"));
  list.id = "choices";
  list.className = "choices-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", kinds.list);
  list.hidden = true;
  const mirror = box.appendChild(document.createElement("div"));
  mirror.className = "mirror";
  mirror.setAttribute("aria-hidden", "true");
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", "choices");

  const answers = new Map();
  const open = { items: [], at: -1, start: 0, turn: 0 };

  async function fetched(address) {
    if (!answers.has(address)) {
      answers.set(address, fetch(address).then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({})));
    }
    return answers.get(address);
  }

  async function valuesOf(name) {
    const range = new URLSearchParams();
    for (const [key, value] of new URLSearchParams(location.search)) if (["from", "to"].includes(key)) range.set(key, value);
    range.set("field", name);
    return (await fetched(`/query/values.json?${range}`)).values || [];
  }

  // Where the search ends: at the first | that does not stand in quotes.
  function inSql(text) {
    return /^(?:"(?:[^"\\]|\\.)*"|[^"|])*\|/s.test(text);
  }

  // What is being typed: where it begins, its beginning, and what it may become.
  async function offers() {
    const before = area.value.slice(0, area.selectionStart);
    const words = await fetched("/query/words.json");
    if (inSql(before)) {
      const text = /("?)([\w.]+)\1\s*(?:=|<>|!=|\bin\s*\()\s*(?:'[^']*'\s*,\s*)*'([^']*)$/i.exec(before);
      if (text) return made(text[3], await valuesOf(text[2]), kinds.value, (value) => value.replaceAll("'", "''"));
      if ((before.split("|").slice(1).join("|").match(/'/g) || []).length % 2) return made("", [], "");
      const word = /[A-Za-z_][\w.]*$/.exec(before);
      if (!word) return made("", [], "");
      return [
        ...made(word[0], words.columns || [], kinds.field),
        ...made(word[0], words.functions || [], kinds.function, (name) => `${name}(`),
        ...made(word[0], words.keywords || [], kinds.keyword),
      ];
    }
    const value = /(?:^|[\s(])([A-Za-z_][\w.]*):#?("?)((?:[^"\\\s()]|\\.)*)$/.exec(before);
    if (value) {
      const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;
      const write = (text) => (value[2] ? quoted(text).slice(1) : /^[\w\-.]+$/.test(text) ? text : quoted(text));
      return made(value[3], await valuesOf(value[1]), kinds.value, write);
    }
    const word = /(?:^|[\s(])([A-Za-z_][\w.]*)$/.exec(before);
    return word ? made(word[1], words.fields || [], kinds.field, (name) => `${name}:`) : [];
  }

  function made(typed, words, kind, write = (word) => word) {
    const low = typed.toLowerCase();
    return words
      .filter((word) => word.toLowerCase().startsWith(low) && write(word) !== typed)
      .map((word) => ({ word, kind, text: write(word), typed }));
  }

  async function refresh() {
    const turn = ++open.turn;
    const found = (await offers()).slice(0, MOST);
    if (turn === open.turn && document.activeElement === area) show(found);
  }

  function show(items) {
    open.items = items;
    open.at = items.length && items[0].typed ? 0 : -1;
    list.replaceChildren(...items.map((item, index) => {
      const row = document.createElement("li");
      row.id = `choice-${index}`;
      row.setAttribute("role", "option");
      row.append(document.createElement("span"), document.createElement("span"));
      row.firstChild.textContent = item.word;
      row.lastChild.textContent = item.kind;
      row.addEventListener("mousedown", (event) => { event.preventDefault(); take(index); });
      return row;
    }));
    list.hidden = !items.length;
    if (items.length) place(items[0].typed.length);
    mark();
  }

  function place(typed) {
    mirror.textContent = area.value.slice(0, area.selectionStart - typed);
    const caret = mirror.appendChild(document.createElement("span"));
    caret.textContent = "\u200b";
    const left = Math.min(caret.offsetLeft, box.clientWidth - list.offsetWidth);
    list.style.left = `${Math.max(left, 0)}px`;
    list.style.top = `${Math.min(caret.offsetTop + 22 - area.scrollTop, area.offsetHeight)}px`;
  }

  function mark() {
    Array.from(list.children).forEach((row, index) => row.setAttribute("aria-selected", String(index === open.at)));
    if (open.at >= 0) {
      area.setAttribute("aria-activedescendant", `choice-${open.at}`);
      list.children[open.at].scrollIntoView({ block: "nearest" });
    } else area.removeAttribute("aria-activedescendant");
  }

  function take(index) {
    const item = open.items[index];
    const end = area.selectionStart;
    // `insertText` keeps what Ctrl+Z undoes; where it is gone the text is set.
    area.setSelectionRange(end - item.typed.length, end);
    if (!document.execCommand("insertText", false, item.text)) {
      area.setRangeText(item.text, end - item.typed.length, end, "end");
    }
    close();
    if (item.text.endsWith(":")) refresh();
  }

  function close() {
    open.turn++;
    show([]);
  }

  area.addEventListener("input", refresh);
  area.addEventListener("blur", close);
  area.addEventListener("click", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      open.at = (open.at + step + open.items.length) % open.items.length;
      mark();
    } else if (event.key === "Tab" && !event.shiftKey) take(Math.max(open.at, 0));
    else if (event.key === "Enter" && open.at >= 0) take(open.at);
    else if (event.key === "Escape") { close(); event.stopPropagation(); }
    else return;
    event.preventDefault();
  });
})();

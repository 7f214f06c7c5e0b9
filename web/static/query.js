// The editor of queries: completion, keys, history. Everything else works without it.
"use strict";

const editor = document.querySelector("[data-editor]");
const field = editor.querySelector("textarea");

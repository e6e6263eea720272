// An editor without a dependency: a textarea whose text is transparent, over a coloured copy of it.
// The browser gives undo, selection, spelling of keys and touch; the copy gives the theme's colours.

const KEYWORDS = new Set(("as assert break class continue def del elif else except finally for from global if import "
  + "lambda nonlocal pass raise return try while with yield").split(" "));
const WORDS = new Set(["and", "in", "is", "not", "or"]);
const CONSTANTS = new Set(["False", "None", "True"]);
const BUILTINS = new Set(("abs all any bool dict enumerate filter float int len list map max min open print range "
  + "reversed round set sorted str sum tuple type zip").split(" "));
const TOKEN = new RegExp([
  /(?<c1>#.*)/,
  /(?<s2>\b[rbf]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)/,
  /(?<mi>\b(?:0[xob][\da-f_]+|\d[\d_]*\.?\d*(?:e[+-]?\d+)?j?)|\.\d+(?:e[+-]?\d+)?)/,
  /(?<n>[\p{L}_][\p{L}\p{N}_]*)/,
  /(?<o>[-+*/%=<>!&|^~@]+)/,
].map((part) => part.source).join("|"), "giu");

function kind(groups, before) {
  if (groups.n === undefined) return Object.keys(groups).find((name) => groups[name] !== undefined);
  if (KEYWORDS.has(groups.n)) return "k";
  if (WORDS.has(groups.n)) return "ow";
  if (CONSTANTS.has(groups.n)) return "kc";
  if (/\b(?:def|class)\s+$/.test(before)) return "nf";
  return BUILTINS.has(groups.n) && !before.endsWith(".") ? "nb" : "n";
}

// Python in the theme's colours, as spans.
export function colour(source) {
  const parts = [];
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    parts.push(source.slice(end, match.index));
    const span = document.createElement("span");
    span.className = kind(match.groups, source.slice(Math.max(0, match.index - 20), match.index));
    span.textContent = match[0];
    parts.push(span);
    end = match.index + match[0].length;
  }
  return [...parts, source.slice(end)];
}

// Typed text goes in this way so that the browser's own undo knows of it.
const type = (text) => document.execCommand("insertText", false, text);

function indent(area, out) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  const from = value.lastIndexOf("\n", start - 1) + 1;
  if (start === end && !out) return type(" ".repeat(4 - ((start - from) % 4)));
  const lines = value.slice(from, end).split("\n");
  const moved = lines.map((line) => (out ? line.replace(/^ {1,4}/, "") : `    ${line}`)).join("\n");
  area.setSelectionRange(from, end);
  if (moved) type(moved);
  else document.execCommand("delete");
  if (lines.length > 1) area.setSelectionRange(from, from + moved.length);
}

function newLine(area) {
  const line = area.value.slice(0, area.selectionStart).split("\n").pop();
  type(`\n${/^ */.exec(line)[0]}${/:\s*(#.*)?$/.test(line) ? "    " : ""}`);
}

// An editor; `changed` hears every change, `run(next)` a wish to run, and go on to the next cell.
export function editor(label, { changed, run }) {
  const box = document.createElement("div");
  box.className = "live-editor highlight";
  const copy = document.createElement("pre");
  copy.setAttribute("aria-hidden", "true");
  const area = document.createElement("textarea");
  Object.assign(area, { spellcheck: false, autocomplete: "off", autocapitalize: "off", wrap: "off" });
  area.setAttribute("autocorrect", "off");
  area.setAttribute("aria-label", label);
  area.setAttribute("aria-describedby", "live-keys");
  box.append(copy, area);
  let leaving = false; // Escape lets the next Tab leave

  const paint = () => copy.replaceChildren(...colour(area.value), "\n");
  const mark = (line) => {
    copy.querySelector(".live-mark")?.remove();
    if (!line) return;
    const bar = document.createElement("i");
    bar.className = "live-mark";
    bar.style.setProperty("--line", line - 1);
    copy.prepend(bar);
  };
  area.addEventListener("input", () => { paint(); changed(); });
  area.addEventListener("blur", () => { leaving = false; });
  area.addEventListener("keydown", (event) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (key === "Enter" && (shiftKey || ctrlKey || metaKey)) run(shiftKey);
    else if (key === "Enter" && !altKey && !event.isComposing) newLine(area);
    else if (key === "Tab" && !leaving && !ctrlKey && !altKey && !metaKey) indent(area, shiftKey);
    else {
      if (key !== "Shift") leaving = key === "Escape";
      return;
    }
    event.preventDefault();
  });
  return {
    box, area, mark,
    get text() { return area.value; },
    set text(text) { area.value = text; paint(); },
  };
}

// One cell of the page: its editor, its buttons and its output. The stored output stays until the
// reader runs the cell.

const { editor } = await import(`./editor.js${new URL(import.meta.url).search}`);

export const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

export const pressable = (text, press, className) => {
  const made = element("button", className, text);
  made.type = "button";
  made.onclick = press;
  return made;
};

// Scripts that are set as HTML do not run; copies of them do.
function lively(html) {
  const made = element("div", "output text_html");
  made.innerHTML = html;
  for (const old of made.querySelectorAll("script")) {
    const script = element("script");
    for (const { name, value } of old.attributes) script.setAttribute(name, value);
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
  return made;
}

function textual(text, className) {
  const made = element("div", `output ${className}`);
  const light = element("div", "highlight");
  light.append(element("pre", "", text));
  made.append(light);
  return made;
}

function typeset(latex) {
  const made = element("div", "output text_latex math notranslate nohighlight");
  made.textContent = `\\[${latex.replace(/^\$+(\\displaystyle)?|\$+$/g, "")}\\]`;
  queueMicrotask(() => window.MathJax?.typesetPromise?.([made]));
  return made;
}

export class Cell {
  // `stored` is the notebook's cell, `node` its place in the page, `page` what hears of it.
  constructor(stored, node, number, page) {
    Object.assign(this, { node, number, page, id: stored.id });
    const tags = stored.metadata.tags ?? [];
    this.source = [stored.source].flat().join("");
    this.hidden = tags.includes("remove-input");
    this.desktop = tags.includes("needs-desktop");
    this.ran = null; // the text of its last run
    this.outputs = [];
    this.output = node.querySelector(":scope > .cell_output, :scope > details > .cell_output");
    if (!this.output) node.append((this.output = element("div", "cell_output docutils container")));
    this.kept = [...this.output.cloneNode(true).childNodes];
    this.dress();
  }

  dress() {
    const old = this.node.querySelector(".cell_input");
    this.state = element("span", "live-state");
    if (this.desktop) {
      const sentence = "This cell needs packages that only a desktop Python has. Its output is the stored one.";
      return this.output.before(element("p", "live-desktop", sentence));
    }
    this.editor = editor(`Code of cell ${this.number}`, {
      changed: () => this.page.changed(this),
      run: (next) => this.page.run(this, next),
    });
    this.editor.text = this.source;
    this.undo = pressable("Undo my changes", () => this.page.undo(this), "live-undo");
    this.undo.hidden = true;
    const run = pressable("Run", () => this.page.run(this), "live-run");
    run.setAttribute("aria-label", `Run cell ${this.number}`);
    const row = element("div", "live-row d-print-none");
    row.append(run, this.undo, this.state);
    if (old) old.replaceChildren(this.editor.box, row);
    else { // the code of a figure that stored pages do not show
      const fold = element("details", "live-fold d-print-none");
      fold.append(element("summary", "", "Show the code of this figure"), this.editor.box, row);
      this.output.before(fold);
    }
  }

  get text() { return this.desktop ? this.source : this.editor.text; }

  // Tell the reader how the cell stands.
  settle() {
    if (this.desktop) return;
    const edited = this.text !== this.source;
    this.undo.hidden = !edited;
    this.node.classList.toggle("live-edited", edited);
    const stale = this.ran !== null && this.ran !== this.text;
    this.say(stale ? "changed since it ran" : edited && this.ran === null ? "changed, not run yet" : "");
  }

  say(text) { this.state.textContent = text; }

  // Make room for new output. A figure with a caption keeps its frame for the picture to come.
  clear() {
    this.output.closest("details")?.setAttribute("open", ""); // who runs a cell wants to see it
    this.output.style.minHeight = `${this.output.offsetHeight}px`;
    this.frame = this.output.querySelector("figure");
    if (this.frame) this.frame.hidden = true;
    this.output.replaceChildren(...[this.frame].filter(Boolean));
    this.outputs = [];
    this.editor.mark(null);
  }

  // Show one piece of output where it belongs.
  show({ kind, value }) {
    if (kind === "error") {
      this.editor.mark(value.line);
      const made = textual(value.text, "live-error");
      made.firstChild.firstChild.tabIndex = 0;
      return this.output.append(made);
    }
    if (kind !== "data") return this.stream(kind, value);
    if (value["image/png"]) return this.picture(value["image/png"]);
    const made = value["text/html"] ? lively(value["text/html"])
      : value["text/latex"] ? typeset(value["text/latex"]) : textual(value["text/plain"], "text_plain");
    this.output.append(made);
  }

  stream(name, text) {
    let last = this.output.lastElementChild;
    if (last?.dataset.stream !== name) {
      last = textual("", name === "stderr" ? "stderr" : "stream");
      last.dataset.stream = name;
      this.output.append(last);
    }
    const pre = last.querySelector("pre");
    // A carriage return begins the line anew, as progress bars want it.
    pre.textContent = (pre.textContent + text).replace(/[^\n]*\r(?!\n)/g, "");
  }

  picture(png) {
    const own = this.text !== this.source;
    let image = this.frame?.querySelector("img");
    if (image && this.frame.hidden) {
      this.frame.hidden = false;
      image.closest("a")?.removeAttribute("href");
      this.frame.classList.toggle("live-own", own);
    } else {
      const made = element("div", "output image_png");
      made.append((image = element("img")));
      this.output.append(made);
    }
    image.dataset.alt ??= image.alt;
    image.alt = own ? `The figure that the changed code of cell ${this.number} drew.` : image.dataset.alt;
    image.onload = () => {
      image.style.width = `${image.naturalWidth / 2}px`;
      image.style.height = "auto";
    };
    image.src = `data:image/png;base64,${png}`;
  }

  // The output as it was stored, and the code too.
  reset() {
    this.ran = null;
    this.outputs = [];
    this.output.replaceChildren(...this.kept.map((node) => node.cloneNode(true)));
    this.output.querySelectorAll("script").forEach((script) => script.remove());
    this.output.style.minHeight = "";
    if (this.desktop) return;
    this.editor.text = this.source;
    this.editor.mark(null);
    this.settle();
  }
}

// A live page: the bar below the title, the cells in their order, and what the browser keeps.

const here = new URL(import.meta.url);
const [{ Engine }, { Cell, element, pressable }] = await Promise.all([
  import(`./engine.js${here.search}`),
  import(`./cell.js${here.search}`),
]);
const root = new URL("../../", here);
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const KEYS = "Shift and Enter runs the cell and goes on to the next one; Escape, then Tab, leaves the editor.";
const LOST = "This site does not let the page share memory with Python, so Stop had to start Python anew: "
  + "all names are lost. Run a cell, and those above it run first.";

let engine; // one for the page, however often it is dressed anew

export async function start(bar) {
  const page = new Page(bar);
  bar.live = page;
  await page.begin();
  return page;
}

class Page {
  constructor(bar) {
    this.bar = bar;
    this.path = decodeURI(location.pathname.slice(root.pathname.length)).replace(/\.html$/, "");
    this.key = `mle-live:${this.path}`;
    this.turn = 0; // a new turn ends what still waits of the one before
    this.status = element("span", "live-status");
    // Seen and spoken are two: bytes that run are seen, milestones and results are spoken once.
    this.speech = element("span", "live-hidden");
    this.speech.setAttribute("role", "status");
    this.speech.setAttribute("aria-live", "polite");
    this.progress = element("progress");
    this.progress.setAttribute("aria-label", "Python is loading");
    bar.replaceChildren(this.progress, this.status, this.speech);
  }

  get engine() { return engine; }

  say(text, speak = true) {
    this.status.textContent = text;
    if (speak) this.speech.textContent = text;
  }

  async begin() {
    try {
      this.say("Loading Python");
      await this.style();
      const notebook = await fetch(new URL(`_sources/${this.path}.ipynb`, root));
      if (!notebook.ok) throw new Error(`the page's notebook is not there (${notebook.status})`);
      this.notebook = await notebook.json();
      if (engine) await engine.restart();
      else await this.boot();
      this.dress();
    } catch (error) {
      engine = undefined;
      this.say(`Python could not be loaded: ${error.message}. `);
      this.bar.replaceChildren(pressable("Try again", () => start(this.bar), "live-start"), this.status, this.speech);
    }
  }

  // The style sheet comes with the button, not with the page.
  style() {
    if (document.querySelector("link[data-live]")) return;
    const link = Object.assign(element("link"), { rel: "stylesheet", href: new URL(`style.css${here.search}`, here) });
    link.dataset.live = "";
    document.head.append(link);
    return new Promise((resolve) => { link.onload = link.onerror = resolve; });
  }

  async boot() {
    const began = new Engine({
      progress: (come, whole) => {
        Object.assign(this.progress, { max: whole, value: come });
        this.say(`Loading Python: ${megabytes(come)} of ${megabytes(whole)} MB`, false);
      },
      starting: () => this.say("Starting Python"),
    });
    await began.boot();
    engine = began;
  }

  // ---- The cells, and the bar ------------------------------------------------------------------

  dress() {
    const code = this.notebook.cells.filter((cell) => cell.cell_type === "code"
      && !(cell.metadata.tags ?? []).includes("remove-cell"));
    const nodes = [...document.querySelectorAll("article div.cell")];
    if (nodes.length !== code.length) throw new Error(`${nodes.length} cells in the page, ${code.length} in its notebook`);
    const recipe = (cell) => (cell.metadata.tags ?? []).includes("recipe");
    this.cells = [];
    this.recipes = [];
    code.forEach((cell, i) => {
      if (recipe(cell)) this.offer(cell, nodes[i]);
      else this.cells.push(new Cell(cell, nodes[i], this.cells.length + 1, this));
    });
    const kept = this.read();
    for (const cell of this.cells) {
      if (cell.desktop) continue;
      if (kept[cell.id] !== undefined) {
        cell.editor.text = kept[cell.id];
        cell.editor.box.closest("details")?.setAttribute("open", ""); // or nobody would find what is back
      }
      cell.settle();
    }
    this.controls();
    const back = Object.keys(kept).length ? " Your changes of last time are back." : "";
    this.say(`Python is ready. Change any cell, and press Shift+Enter in it.${back}`);
  }

  // A recipe is not run where it stands: it goes into the cell of the page, in the place of another that nobody changed.
  offer(stored, node) {
    const text = [stored.source].flat().join("");
    this.recipes.push(text.trim());
    const insert = () => {
      const cell = this.cells[0];
      const untouched = [cell.source.trim(), "", ...this.recipes].includes(cell.text.trim());
      cell.editor.text = untouched ? text : `${cell.text.trimEnd()}\n\n${text}`;
      this.changed(cell);
      cell.editor.area.focus();
      cell.node.scrollIntoView({ block: "center" });
    };
    const row = element("div", "live-row d-print-none");
    row.append(pressable("Insert into my cell", insert, "live-run"));
    node.querySelector(".cell_input").append(row);
  }

  controls() {
    const keys = element("span", "live-hidden", KEYS);
    keys.id = "live-keys";
    const chosen = Object.assign(element("input", "live-hidden"), { type: "file", multiple: true, tabIndex: -1 });
    chosen.setAttribute("aria-label", "A file of yours");
    chosen.onchange = () => { this.take(chosen.files); chosen.value = ""; };
    this.stopper = pressable("Stop", () => this.stop());
    this.stopper.disabled = true;
    const more = element("details", "live-more");
    const menu = element("div", "live-menu");
    const item = (text, act) => menu.append(pressable(text, () => { more.open = false; act(); }));
    item("Use a file of mine", () => chosen.click());
    item("Download as notebook", () => this.download());
    item("Reset page", () => this.reset());
    more.append(element("summary", "", "More"), menu);
    more.onkeydown = ({ key }) => {
      if (key !== "Escape") return;
      more.open = false;
      more.firstChild.focus();
    };
    const row = element("div", "live-buttons");
    row.append(pressable("Run all", () => this.runAll()), this.stopper, pressable("Restart", () => this.restart()), more);
    this.bar.classList.add("live-ready");
    this.bar.replaceChildren(row, this.status, this.speech, keys, chosen);
    const article = document.querySelector("article");
    article.ondragover = (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); };
    article.ondrop = (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.take(event.dataTransfer.files);
    };
  }

  // ---- Running ---------------------------------------------------------------------------------

  // Run a cell; those above it that have not run go first, and quietly.
  run(cell, next = false) {
    const place = this.cells.indexOf(cell);
    if (next) this.cells.slice(place + 1).find((c) => c.editor?.area.checkVisibility())?.editor.area.focus();
    const above = this.cells.slice(0, place).filter((c) => c.ran === null && !c.desktop);
    return this.sequence([...above, cell], cell);
  }

  runAll() {
    return this.sequence(this.cells.filter((cell) => !cell.desktop));
  }

  async sequence(cells, only) {
    const turn = ++this.turn;
    this.stopper.disabled = false;
    const begun = performance.now();
    let well = true;
    for (const cell of cells) {
      this.say(`Running cell ${cell.number} of ${this.cells.length}`, false);
      well = await this.one(cell, !only || cell === only || this.differs(cell));
      if (!well || turn !== this.turn) break;
    }
    if (turn !== this.turn) return false;
    this.stopper.disabled = true;
    if (well) this.report(cells, (performance.now() - begun) / 1000);
    return well;
  }

  report(cells, seconds) {
    const last = cells.at(-1);
    const ran = cells.length === 1 ? `Cell ${last.number} ran` : `${cells.length} cells ran`;
    this.say(`${ran} in ${seconds.toFixed(1)} s.`, false);
    const heard = last.output.innerText.trim().slice(0, 300);
    this.speech.textContent = `${this.status.textContent} ${heard || "No output."}`;
  }

  // Whether something up to a cell was changed, so that its stored output may not hold.
  differs(cell) {
    return this.cells.slice(0, cell.number).some((c) => c.text !== c.source);
  }

  async one(cell, loud) {
    const text = cell.text;
    const heard = [];
    cell.ran = text;
    cell.node.classList.add("live-busy");
    cell.say("running");
    if (loud) cell.clear();
    let well = false;
    try {
      well = await engine.run(cell.number, text, (output) => {
        heard.push(output);
        if (output.kind === "error" && !loud) cell.clear();
        if (loud || output.kind === "error") cell.show(output);
        if (output.kind === "error") this.say(`Cell ${cell.number}: ${output.value.text.split("\n").pop()}`);
      });
    } catch (error) {
      if (error.message !== "stopped") this.say(`Cell ${cell.number}: ${error.message}`);
    }
    cell.outputs = heard;
    cell.output.style.minHeight = "";
    cell.node.classList.remove("live-busy");
    if (!well) cell.ran = null;
    cell.settle();
    if (!well && heard.length) cell.say("did not finish");
    dispatchEvent(new Event("mle-shown")); // scrolls.js looks after what is wide
    return well;
  }

  async stop() {
    const asked = performance.now() - (this.asked ?? -Infinity) < 10_000;
    this.asked = performance.now();
    if (!asked && engine.interrupt()) return this.say("Stopping. Press Stop again if it does not.");
    this.turn += 1;
    this.stopper.disabled = true;
    this.say(LOST);
    await engine.replace();
    this.cells.forEach((cell) => { cell.ran = null; cell.settle(); });
    this.say(`Python is ready again. ${LOST}`);
  }

  async restart() {
    if (!this.stopper.disabled) await this.stop();
    await engine.restart();
    this.cells.forEach((cell) => { cell.ran = null; cell.settle(); });
    this.say("Restarted: no name is set. Run a cell, and those above it run first.");
  }

  // ---- What the browser keeps ------------------------------------------------------------------

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      return {}; // storage may be blocked, or hold something else
    }
  }

  // Changes are kept under the page's path and the cell's id, which is a hash of its source: a new
  // edition of a cell does not get the changes of the old one.
  keep() {
    const changed = this.cells.filter((cell) => cell.text !== cell.source);
    try {
      if (!changed.length) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify(Object.fromEntries(changed.map((c) => [c.id, c.text]))));
    } catch {
      this.say("This browser keeps nothing for the page: download your changes before you leave.");
    }
  }

  changed(cell) {
    cell.settle();
    this.keep();
  }

  undo(cell) {
    cell.editor.text = cell.source;
    this.changed(cell);
    cell.editor.area.focus();
    this.say(`Cell ${cell.number} is as it was. Run it to see its output.`);
  }

  async reset() {
    if (!this.stopper.disabled) await this.stop();
    await engine.restart();
    this.cells.forEach((cell) => cell.reset());
    this.keep();
    this.say("The page is as it was: code, outputs and names.");
  }

  download() {
    const texts = new Map(this.cells.map((cell) => [cell.id, cell]));
    const notebook = structuredClone(this.notebook);
    for (const stored of notebook.cells) {
      const cell = texts.get(stored.id);
      if (!cell || cell.text === cell.source) continue;
      Object.assign(stored, { source: cell.text, outputs: [], execution_count: null });
    }
    const url = URL.createObjectURL(new Blob([JSON.stringify(notebook, null, 1)], { type: "application/x-ipynb+json" }));
    const link = Object.assign(element("a"), { href: url, download: `${this.path.split("/").pop()}_mine.ipynb` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    this.say(`${link.download} is saved with your changes. Outputs of changed cells are left out.`);
  }

  async take(files) {
    for (const file of files) {
      await engine.file(file.name, await file.arrayBuffer());
      this.say(`${file.name} is here: a cell opens it by the path "${file.name}". It stays in this browser, and is `
        + "forgotten when you leave the page.");
    }
  }
}

// The stage of an explorable: its controls, panels and readouts in one element.
import { create } from "./elements.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";
import { pageIsDark, style } from "./style.js";

export class Stage extends Player {
  constructor(host, root, title) {
    super(host);
    this.regions = {
      controls: create("div", { class: "controls" }),
      panels: create("div", { class: "panels" }),
      note: create("p", { class: "note" }),
      facts: create("dl", { class: "facts" }),
      actions: create("div", { class: "actions" }),
      status: create("p", { class: "status", role: "status", "aria-live": "polite" }),
    };
    const { controls, panels, note, facts, actions, status } = this.regions;
    const region = create("div", { role: "group", "aria-label": title, class: "stage" }, controls, panels, note, facts, actions, status);
    root.append(region);
    panels.addEventListener("focusin", (event) => this.uncover(event.target));
    for (const name of ["focusin", "pointerdown", "input"]) controls.addEventListener(name, (event) => this.use(event.target.closest(".slider")));
  }

  // The slider in use, which stays in sight on a phone.
  use(slider) {
    if (!slider) return;
    for (const other of this.regions.controls.children) other.classList.toggle("used", other === slider);
  }

  // What the keyboard reaches must not lie under the controls, which stay in sight while the panels scroll.
  uncover(element) {
    const held = [this.regions.controls, this.regions.controls.querySelector(".used")].filter((e) => e && getComputedStyle(e).position === "sticky");
    const edge = Math.max(0, ...held.map((e) => e.getBoundingClientRect().bottom));
    if (!element.matches(":focus-visible") || element.getBoundingClientRect().top >= edge) return;
    const panel = element.closest(".panel");
    panel.style.scrollMarginTop = `${edge}px`;
    panel.scrollIntoView({ block: "nearest" });
  }

  // The state, and the draw that paints it. Called once, when controls and panels stand. `follow(state)`, if there is
  // one, says what a change brings with it, such as a trail.
  begin(state, draw, follow) {
    Object.assign(this, { draw, follow, state: { ...state } });
    this.settle({});
    this.initial = { ...this.state };
    this.button("Reset", () => {
      this.halt();
      this.set({ ...this.initial });
    });
    const seen = new ResizeObserver(() => this.repaint());
    seen.observe(this.host);
    this.cleanups.push(() => seen.disconnect());
    this.repaint();
  }

  panel(options) {
    const panel = new Panel(this, options);
    this.regions.panels.append(panel.figure);
    this.panels.push(panel);
    return panel;
  }

  // Panels narrower than usual, so that three stand in a row.
  narrow() {
    this.regions.panels.style.setProperty("--column", "185px");
  }

  // Named numbers under the figure: [[name, text, role], ...].
  facts(rows) {
    const list = this.regions.facts;
    while (list.children.length > rows.length) list.lastChild.remove();
    rows.forEach(([name, text, role = "ink"], i) => {
      const row = list.children[i] ?? list.appendChild(create("div", {}, create("dt"), create("dd")));
      const [term, value] = row.children;
      if (term.textContent !== name) term.textContent = name;
      if (value.textContent !== text) value.textContent = text;
      if (value.className !== role) value.className = role;
    });
  }

  // One sentence on what the figure shows now; spoken when the reader has paused.
  note(text, spoken = text) {
    if (this.regions.note.textContent !== text) this.regions.note.textContent = text;
    if (!this.touched || spoken === this.spoken) return;
    this.spoken = spoken;
    this.say(spoken);
  }
}

// Name and revision make the tag: a newer version shown in the same open notebook gets a tag of its own.
export function define(name, title, build) {
  const tag = `mle-${name.replaceAll("_", "-")}-${revision}`;
  if (customElements.get(tag)) return;
  customElements.define(tag, class extends HTMLElement {
    connectedCallback() {
      // What stands inside the element is for pages without JavaScript; the shadow tree hides it.
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      root.replaceChildren(create("style", {}, style));
      // Or JupyterLab takes the arrow keys for itself.
      this.dataset.lmSuppressShortcuts = "true";
      this.stage = new Stage(this, root, title);
      this.follow();
      build(this.stage, JSON.parse(this.dataset.values || "{}"));
    }

    // Keep to the theme of the page, also when it changes.
    follow() {
      const update = () => this.toggleAttribute("data-dark", pageIsDark());
      const watcher = new MutationObserver(update);
      watcher.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      watcher.observe(document.body, { attributeFilter: ["data-jp-theme-light", "class"] });
      const system = matchMedia("(prefers-color-scheme: dark)");
      system.addEventListener("change", update);
      this.stage.cleanups.push(() => watcher.disconnect(), () => system.removeEventListener("change", update));
      update();
    }

    disconnectedCallback() {
      this.stage.end();
    }
  });
}

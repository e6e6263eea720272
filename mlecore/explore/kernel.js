// The kernel of the explorables: what all of them share, written once.
//
// `define(name, build)` makes a custom element. `build(stage, data)` runs once for each element on
// the page: it declares the state, the controls and the panels, and hands over a `draw(state)` that
// paints everything from the state. A control changes the state; a change of state repaints, at most
// once a frame. Nothing else ever writes to the page, so every part always agrees with every other.
//
// The Python side puts this file, formulas.js and one explorable into a single inline module, below
// a line `const revision = "..."`; there is no build step, and no request to any host.

// ------------------------------------------------------------ small tools

export function create(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function createSvg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return setAll(element, attributes);
}

function setAll(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

const escapeText = (text) => String(text).replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
export const range = (n) => Array.from({ length: n }, (_, i) => i);
export const linspace = (a, b, n) => range(n).map((i) => a + ((b - a) * i) / (n - 1));
export const logspace = (a, b, n) => linspace(Math.log(a), Math.log(b), n).map(Math.exp);

// The smallest and largest value, widened by a share of their distance on either side.
export function extent(xs, share = 0) {
  let [low, high] = [Infinity, -Infinity];
  for (const x of xs) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const margin = share * (high - low || Math.abs(low) || 1);
  return [low - margin, high + margin];
}

// Four significant digits, as the book prints; a true minus sign, and powers of ten beyond six places.
export function format(x, digits = 4) {
  if (Number.isNaN(x)) return "undefined";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  // As it will be rounded: 99.999 is 100.0 and not 100.00.
  const size = Math.abs(Number(x.toPrecision(digits)));
  if (size >= 1e6 || size < 1e-4) {
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    return `${minus(mantissa)} × 10${superscript(Number(exponent))}`;
  }
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return minus(x.toFixed(Math.min(decimals, 20)));
}
export const fixed = (x, decimals) => minus(x.toFixed(decimals)).replace(/^−(0\.?0*)$/, "$1");
export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
export const percent = (x, decimals = 1) => `${fixed(100 * x, decimals)} %`;

// The number that a text means, as people type it or as `format` writes it; NaN where it means none.
// A comma groups the digits of a whole number and marks the decimals of another, as on half the world's keyboards.
export function parse(text, whole = false) {
  const digits = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
  const plain = text
    .replace(/\s/g, "")
    .replace(/[×*]10\^?/, "e")
    .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (c) => "-0123456789"[digits.indexOf(c)])
    .replaceAll("−", "-")
    .replaceAll(",", whole ? "" : ".");
  const value = plain === "" ? NaN : Number(plain);
  return Number.isFinite(value) ? value : NaN;
}
const minus = (text) => String(text).replace("-", "−");
export const superscript = (n) => String(n).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));

// A power of ten given by its exponent, for numbers that a double cannot hold.
export function formatPower(log10, digits = 3) {
  if (log10 === -Infinity) return "0";
  let exponent = Math.floor(log10);
  let mantissa = (10 ** (log10 - exponent)).toFixed(digits - 1);
  if (Number(mantissa) >= 10) [mantissa, exponent] = [(1).toFixed(digits - 1), exponent + 1];
  return Math.abs(exponent) < 4 ? format(10 ** log10, digits) : `${mantissa} × 10${superscript(exponent)}`;
}

// ------------------------------------------------------------ scales and ticks

function scale({ domain: [low, high], log = false }, from, to) {
  const map = log ? Math.log : (x) => x;
  const [a, b] = [map(low), map(high)];
  const scaled = (x) => from + ((map(x) - a) / (b - a)) * (to - from);
  scaled.invert = (pixel) => {
    const u = a + ((pixel - from) / (to - from)) * (b - a);
    return log ? Math.exp(u) : u;
  };
  return scaled;
}

// About `count` round numbers: 1, 2 or 5 times a power of ten apart.
function niceTicks([low, high], count) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw * 0.75) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return range(Math.max(0, last - first + 1)).map((i) => {
    const value = (first + i) * step;
    return [value, Math.abs(value) >= 1e6 ? format(value, 3) : fixed(value, decimals)];
  });
}

function logTicks([low, high], count) {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const ticks = [];
  const wanted = b - a > 1.5 ? [1] : [1, 2, 5];
  const every = Math.max(1, Math.ceil((b - a) / count));
  for (let k = Math.floor(a); k <= Math.ceil(b); k++) {
    for (const m of wanted) {
      const value = m * 10 ** k;
      if (value >= low * 0.9999 && value <= high * 1.0001 && k % every === 0)
        ticks.push([value, value >= 0.001 && value < 1e5 ? String(Number(value.toPrecision(1))) : `10${superscript(k)}`]);
    }
  }
  return ticks;
}

// ------------------------------------------------------------ contours

// Marching squares: the level set of values[j][i] at (xs[i], ys[j]), as line segments.
export function contour(xs, ys, values, level) {
  const segments = [];
  const cross = (p, q, vp, vq) => {
    const t = (level - vp) / (vq - vp);
    return [p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])];
  };
  for (let j = 0; j + 1 < ys.length; j++) {
    for (let i = 0; i + 1 < xs.length; i++) {
      const corners = [[xs[i], ys[j]], [xs[i + 1], ys[j]], [xs[i + 1], ys[j + 1]], [xs[i], ys[j + 1]]];
      const v = [values[j][i], values[j][i + 1], values[j + 1][i + 1], values[j + 1][i]];
      if (!v.every(Number.isFinite)) continue;
      const cuts = [];
      for (let k = 0; k < 4; k++) {
        const next = (k + 1) % 4;
        if (v[k] >= level !== v[next] >= level) cuts.push(cross(corners[k], corners[next], v[k], v[next]));
      }
      // A saddle has four cuts; pairing them in order is one of its two honest readings.
      for (let k = 0; k + 1 < cuts.length; k += 2) segments.push([cuts[k], cuts[k + 1]]);
    }
  }
  return segments;
}

// ------------------------------------------------------------ a panel: axes, marks, things to take hold of

class Panel {
  constructor(stage, { label, height = 230, wide = false }) {
    this.stage = stage;
    this.tall = height;
    this.label = label;
    this.svg = createSvg("svg", { role: "group", "aria-label": label });
    this.axes = this.svg.appendChild(createSvg("g", { "aria-hidden": "true" }));
    // A nested svg clips the marks without an id, so that several elements cannot disturb each other.
    this.plot = this.svg.appendChild(createSvg("svg", { "aria-hidden": "true" }));
    this.hold = this.svg.appendChild(createSvg("g"));
    this.caption = create("p", { class: "caption", "aria-hidden": "true" });
    this.figure = create("div", { class: wide ? "panel wide" : "panel" }, this.caption, this.svg);
    this.handles = new Map();
    this.marks = [];
  }

  // Begin a painting: scales and axes. x and y: {domain: [low, high], label, log, ticks: [[value, text], ...] or none}.
  frame({ title = "", x, y }) {
    if (this.caption.textContent !== title) this.caption.textContent = title;
    const width = Math.max(160, this.figure.clientWidth);
    // On a phone the panels stand one below the other: lower ones leave the slider in sight.
    this.height = this.stage.host.clientWidth < 480 ? Math.round(0.8 * this.tall) : this.tall;
    const ticksY = y.ticks ?? (y.log ? logTicks : niceTicks)(y.domain, this.height / 55);
    const widest = Math.max(2, ...ticksY.map(([, text]) => text.length));
    const left = (y.label ? 20 : 4) + (ticksY.length ? 7.3 * widest + 9 : 0);
    const [right, top, bottom] = [12, 10, x.label ? 42 : 26];
    const [w, h] = [width - left - right, this.height - top - bottom];
    const ticksX = x.ticks ?? (x.log ? logTicks : niceTicks)(x.domain, Math.max(3, w / 64));
    Object.assign(this, { width, left, top, w, h });
    this.domain = { x: x.domain, y: y.domain };
    this.x = scale(x, 0, w);
    this.y = scale(y, h, 0);
    setAll(this.svg, { width, height: this.height, viewBox: `0 0 ${width} ${this.height}` });
    setAll(this.plot, { x: left, y: top, width: w, height: h });
    this.hold.setAttribute("transform", `translate(${left} ${top})`);
    const parts = [`<g transform="translate(${left} ${top})">`];
    for (const [value, text] of ticksX) {
      const at = this.x(value).toFixed(1);
      parts.push(`<line class="tick" x1="${at}" x2="${at}" y1="${h}" y2="${h + 4}"/>`);
      parts.push(`<text x="${at}" y="${h + 17}" text-anchor="middle">${escapeText(text)}</text>`);
    }
    for (const [value, text] of ticksY) {
      const at = this.y(value).toFixed(1);
      parts.push(`<line class="grid" x1="0" x2="${w}" y1="${at}" y2="${at}"/>`);
      parts.push(`<text x="-6" y="${at}" dy="0.35em" text-anchor="end">${escapeText(text)}</text>`);
    }
    parts.push(`<line class="axis" x1="0" x2="${w}" y1="${h}" y2="${h}"/>`);
    if (x.label) parts.push(`<text class="name" x="${w / 2}" y="${h + 36}" text-anchor="middle">${escapeText(x.label)}</text>`);
    if (y.label)
      parts.push(`<text class="name" transform="translate(${13 - left} ${h / 2}) rotate(-90)" text-anchor="middle">${escapeText(y.label)}</text>`);
    this.axes.innerHTML = parts.join("") + "</g>";
    this.marks = [];
    this.kept = new Set();
  }

  // End a painting: the marks appear, handles that were not asked for again go.
  finish() {
    this.plot.innerHTML = this.marks.join("");
    for (const [key, handle] of this.handles) {
      if (this.kept.has(key)) continue;
      handle.element.remove();
      this.handles.delete(key);
    }
  }

  // --- marks; role is data, model, likelihood, slope, accent, ink or muted, and gives the colour

  path(points, close = false) {
    let d = "";
    let pen = "M";
    for (const [x, y] of points) {
      const [px, py] = [this.x(x), this.y(y)];
      if (Number.isNaN(px) || Number.isNaN(py)) pen = "M";
      else {
        // Infinite heights leave the panel by its edge; SVG knows no infinity.
        d += `${pen}${clamp(px, -1e4, 1e4).toFixed(1)} ${clamp(py, -1e4, 1e4).toFixed(1)}`;
        pen = "L";
      }
    }
    return close ? d + "Z" : d;
  }

  curve(xs, ys, role, { dash = "", width = 2.2, opacity = 1 } = {}) {
    const d = this.path(Array.from(xs, (x, i) => [x, ys[i]]));
    this.marks.push(`<path class="${role} line" d="${d}" stroke-width="${width}" stroke-dasharray="${dash}" opacity="${opacity}"/>`);
  }

  area(xs, ys, role, { base = 0, opacity = 0.18 } = {}) {
    const n = xs.length;
    const points = [[xs[0], base], ...Array.from(xs, (x, i) => [x, ys[i]]), [xs[n - 1], base]];
    this.marks.push(`<path class="${role} fill" d="${this.path(points, true)}" opacity="${opacity}"/>`);
  }

  bars(xs, ys, role, { width = 0.8, base = 0, opacity = 0.55, selected = -1 } = {}) {
    xs.forEach((x, i) => {
      const [a, b] = [this.x(x - width / 2), this.x(x + width / 2)];
      const [p, q] = [this.y(ys[i]), this.y(base)];
      const chosen = i === selected ? " chosen" : "";
      this.marks.push(
        `<rect class="${role} fill${chosen}" x="${a.toFixed(1)}" y="${Math.min(p, q).toFixed(1)}" width="${(b - a).toFixed(1)}" height="${Math.abs(q - p).toFixed(1)}" opacity="${opacity}"/>`,
      );
    });
  }

  stems(xs, ys, role, { base = 0, width = 1.8, radius = 0, opacity = 1 } = {}) {
    xs.forEach((x, i) => this.segment([x, base], [x, ys[i]], role, { width, opacity }));
    if (radius) this.dots(xs, ys, role, { radius });
  }

  dots(xs, ys, role, { radius = 3.5, opacity = 1, hollow = false } = {}) {
    xs.forEach((x, i) => {
      const [px, py] = [this.x(x), this.y(ys[i])];
      if (!Number.isFinite(px) || !Number.isFinite(py)) return;
      this.marks.push(`<circle class="${role} ${hollow ? "line" : "fill"}" cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="${radius}" opacity="${opacity}"/>`);
    });
  }

  segment(from, to, role, { width = 1.8, dash = "", opacity = 1 } = {}) {
    this.marks.push(
      `<path class="${role} line" d="${this.path([from, to])}" stroke-width="${width}" stroke-dasharray="${dash}" opacity="${opacity}"/>`,
    );
  }

  rule(axis, value, role, options = {}) {
    const [low, high] = this.domain[axis === "x" ? "y" : "x"];
    if (axis === "x") this.segment([value, low], [value, high], role, { width: 1.4, ...options });
    else this.segment([low, value], [high, value], role, { width: 1.4, ...options });
  }

  // Text at a point of the plot, kept inside it; dx and dy in pixels.
  text(x, y, words, role = "ink", { anchor = "start", dx = 0, dy = 0 } = {}) {
    const length = 6.6 * words.length;
    const room = anchor === "start" ? [2, this.w - length - 2] : anchor === "end" ? [length + 2, this.w - 2] : [length / 2 + 2, this.w - length / 2 - 2];
    const px = clamp(this.x(x) + dx, room[0], Math.max(room[0], room[1]));
    const py = clamp(this.y(y) + dy, 12, this.h - 4);
    this.marks.push(`<text class="${role} words" x="${px.toFixed(1)}" y="${py.toFixed(1)}" text-anchor="${anchor}">${escapeText(words)}</text>`);
  }

  // The level sets of a grid of values, the last level faintest. They are the dearest marks to find,
  // so they are kept while the grid, the levels and the axes stay the same.
  contours(xs, ys, values, levels, role, { width = 1.3 } = {}) {
    const key = [this.w, this.h, this.domain.x, this.domain.y, levels].join();
    if (this.level?.values !== values || this.level.key !== key) {
      const paths = levels.map((level) => contour(xs, ys, values, level).map((segment) => this.path(segment)).join(""));
      this.level = { values, key, paths };
    }
    this.level.paths.forEach((d, k) => {
      const opacity = 1 - (0.7 * k) / Math.max(1, levels.length - 1);
      this.marks.push(`<path class="${role} line" d="${d}" stroke-width="${width}" opacity="${opacity.toFixed(2)}"/>`);
    });
  }

  // --- things to take hold of

  // A point that the reader drags or moves by keys. axis: "x", "y" or "xy". Handles that share a
  // `group` are one tab stop: the arrow keys across the movement choose among them.
  handle(key, { x, y, label, text, role = "model", axis = "x", step = [0, 0], move, group = null, radius = 7 }) {
    let handle = this.handles.get(key);
    if (!handle) this.handles.set(key, (handle = this.makeHandle(key)));
    Object.assign(handle, { axis, step, move, group, at: [x, y] });
    this.kept.add(key);
    const [px, py] = this.place([x, y]);
    setAll(handle.element, {
      transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})`,
      class: `handle ${axis} ${role}`,
      "aria-label": label,
      "aria-valuetext": text,
      "aria-orientation": axis === "y" ? "vertical" : "horizontal",
      "aria-valuemin": this.domain[axis === "y" ? "y" : "x"][0],
      "aria-valuemax": this.domain[axis === "y" ? "y" : "x"][1],
      "aria-valuenow": axis === "y" ? y : x,
      tabindex: group === null || this.tabStop(group) === key ? 0 : -1,
    });
    handle.element.lastChild.setAttribute("r", radius);
  }

  // A handle stays inside the panel, even where what it stands for does not.
  place([x, y]) {
    return [clamp(this.x(x), 0, this.w), clamp(this.y(y), 0, this.h)];
  }

  tabStop(group) {
    this.stops ??= new Map();
    const members = [...this.handles].filter(([, h]) => h.group === group).map(([key]) => key);
    if (!members.includes(this.stops.get(group))) this.stops.set(group, members[0]);
    return this.stops.get(group);
  }

  makeHandle(key) {
    const element = createSvg("g", { role: "slider", "data-key": key });
    // The outer circle is a finger wide.
    element.append(createSvg("circle", { class: "grip", r: 20 }), createSvg("circle", { class: "ring", r: 12 }), createSvg("circle", { class: "knob" }));
    const handle = { element };
    this.hold.append(element);
    this.drag(element, ([x, y], [fromX, fromY]) => {
      handle.move(handle.axis === "y" ? fromX : x, handle.axis === "x" ? fromY : y);
    }, () => handle.at);
    element.addEventListener("focus", () => {
      if (handle.group === null) return;
      this.stops.set(handle.group, key);
      this.stage.repaint();
    });
    element.addEventListener("keydown", (event) => {
      const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [10, 10], PageDown: [-10, -10] }[event.key];
      const [low, high] = this.domain[handle.axis === "y" ? "y" : "x"];
      const [x, y] = handle.at;
      if (event.key === "Home") handle.axis === "y" ? handle.move(x, low) : handle.move(low, y);
      else if (event.key === "End") handle.axis === "y" ? handle.move(x, high) : handle.move(high, y);
      else if (!way) return;
      else if (handle.group !== null && handle.axis !== "xy" && way[handle.axis === "x" ? 0 : 1] === 0)
        this.neighbour(key, handle.group, handle.axis === "x" ? -way[1] : way[0]);
      else {
        // Both arrows of a one-dimensional handle move it, as on a native slider.
        const along = way[0] || way[1];
        const dx = handle.axis === "xy" ? way[0] : along;
        const dy = handle.axis === "xy" ? way[1] : along;
        handle.move(handle.axis === "y" ? x : x + dx * handle.step[0], handle.axis === "x" ? y : y + dy * handle.step[1]);
      }
      event.preventDefault();
    });
    return handle;
  }

  // Focus goes to the next handle of the group, in the order of their places.
  neighbour(key, group, way) {
    const members = [...this.handles.entries()].filter(([, h]) => h.group === group);
    members.sort(([, a], [, b]) => a.at[0] - b.at[0] || a.at[1] - b.at[1]);
    const place = members.findIndex(([k]) => k === key);
    members[clamp(place + way, 0, members.length - 1)][1].element.focus();
  }

  // Report the pointer's place in data units while it is down; also where the thing was on taking hold of it.
  drag(element, move, start) {
    let held = null;
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const at = start();
      const [px, py] = this.pointer(event);
      // The offset from the knob stays as it was taken, so that nothing jumps.
      const [x, y] = this.place(at);
      held = [x - px, y - py];
      element.setPointerCapture(event.pointerId);
      element.focus?.({ preventScroll: true });
      event.preventDefault();
      event.stopPropagation();
    });
    element.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [px, py] = this.pointer(event);
      move([this.x.invert(clamp(px + held[0], 0, this.w)), this.y.invert(clamp(py + held[1], 0, this.h))], start());
    });
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => (held = null));
  }

  pointer(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left - this.left, event.clientY - box.top - this.top];
  }

  // The whole plot answers a click or a tap, and a mouse that drags; a finger still scrolls the page.
  surface(move) {
    this.onSurface = move;
    if (!this.ground) {
      this.ground = createSvg("rect", { class: "ground" });
      this.hold.prepend(this.ground);
      let down = false;
      const act = (event) => {
        const [px, py] = this.pointer(event);
        this.onSurface(this.x.invert(clamp(px, 0, this.w)), this.y.invert(clamp(py, 0, this.h)));
      };
      this.ground.addEventListener("pointerdown", (event) => {
        if (event.pointerType !== "mouse" || event.button !== 0) return;
        down = true;
        this.ground.setPointerCapture(event.pointerId);
        event.preventDefault();
        act(event);
      });
      this.ground.addEventListener("pointermove", (event) => down && act(event));
      for (const name of ["pointerup", "pointercancel"]) this.ground.addEventListener(name, () => (down = false));
      this.ground.addEventListener("click", act);
    }
    setAll(this.ground, { width: this.w, height: this.h });
  }

  // A row of places to point at or to focus (one tab stop, arrow keys inside): items {x0, x1, label}.
  targets(name, items, selected, select) {
    if (!this.list) {
      this.list = createSvg("g", { role: "listbox", "aria-label": name, "aria-orientation": "horizontal" });
      this.hold.append(this.list);
      const index = (event) => [...this.list.children].indexOf(event.target);
      this.list.addEventListener("pointerover", (event) => index(event) >= 0 && this.select(index(event)));
      this.list.addEventListener("click", (event) => index(event) >= 0 && this.select(index(event)));
      this.list.addEventListener("focusin", (event) => this.select(index(event)));
      this.list.addEventListener("keydown", (event) => {
        const last = this.list.children.length - 1;
        const next = { ArrowRight: index(event) + 1, ArrowLeft: index(event) - 1, Home: 0, End: last }[event.key];
        if (next === undefined) return;
        event.preventDefault();
        this.list.children[clamp(next, 0, last)].focus();
      });
    }
    this.select = select;
    items.forEach(({ x0, x1, label }, i) => {
      const rect = this.list.children[i] ?? this.list.appendChild(createSvg("rect", { role: "option", class: "target" }));
      setAll(rect, {
        x: this.x(x0), width: this.x(x1) - this.x(x0), y: 0, height: this.h,
        "aria-label": label, "aria-selected": i === selected, tabindex: i === Math.max(0, selected) ? 0 : -1,
      });
    });
  }
}

// ------------------------------------------------------------ the stage: state, controls, readouts

const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Stage {
  constructor(host, root, title) {
    this.host = host;
    this.controls = [];
    this.panels = [];
    this.cleanups = [];
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
  }

  // What the keyboard reaches must not lie under the controls, which stay in sight while the panels scroll.
  uncover(element) {
    const edge = this.regions.controls.getBoundingClientRect().bottom;
    if (!element.matches(":focus-visible") || element.getBoundingClientRect().top >= edge) return;
    const panel = element.closest(".panel");
    panel.style.scrollMarginTop = `${edge}px`;
    panel.scrollIntoView({ block: "nearest" });
  }

  // --- state

  // The state, and the draw that paints it. Called once, when controls and panels stand.
  begin(state, draw) {
    this.state = { ...state };
    this.initial = { ...state };
    this.draw = draw;
    this.button("Reset", () => {
      this.halt();
      this.set({ ...this.initial });
    });
    const seen = new ResizeObserver(() => this.repaint());
    seen.observe(this.host);
    this.cleanups.push(() => seen.disconnect());
    this.repaint();
  }

  set(patch) {
    this.touched = true;
    Object.assign(this.state, patch);
    this.repaint();
  }

  // A set by the reader's own hand, which ends any movement that was running.
  change(patch) {
    this.halt();
    this.set(patch);
  }

  // Paint at the next frame, once, however often it is asked for.
  repaint() {
    if (this.draw) this.waiting ||= requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    if (!this.host.isConnected || !this.host.clientWidth) return;
    const start = performance.now();
    for (const control of this.controls) control.sync(this.state);
    this.draw(this.state);
    for (const panel of this.panels) panel.finish();
    this.host.paintTime = performance.now() - start;
    this.host.paints = (this.host.paints ?? 0) + 1;
  }

  // Move numbers of the state to their goals in a third of a second, or at once where motion is unwelcome.
  glide(goal) {
    this.halt();
    if (reducedMotion()) return this.set(goal);
    const from = { ...this.state };
    const start = performance.now();
    const tick = (now) => {
      const t = clamp((now - start) / 350, 0, 1);
      const ease = t * t * (3 - 2 * t);
      const patch = {};
      for (const key of Object.keys(goal)) patch[key] = t === 1 ? goal[key] : from[key] + ease * (goal[key] - from[key]);
      this.set(patch);
      this.motion = t < 1 ? requestAnimationFrame(tick) : 0;
    };
    this.motion = requestAnimationFrame(tick);
  }

  halt() {
    cancelAnimationFrame(this.motion);
    this.motion = 0;
    if (this.running) {
      clearInterval(this.running);
      this.running = 0;
      this.repaint();
    }
  }

  // --- controls

  // A native range input, and beside it its value, which can be typed over. With `log` the slider runs
  // evenly in the logarithm. `when` hides it in some states; `max` may depend on the state.
  slider(key, { label, min, max, step, log = false, format: show = format, say = show, when }) {
    const inward = log ? Math.log : (v) => v;
    const outward = log ? Math.exp : (v) => v;
    const most = typeof max === "function" ? max : () => max;
    const set = (v) => this.change({ [key]: clamp(v, min, most(this.state)) });
    const input = create("input", {
      type: "range", min: inward(min), max: typeof max === "function" ? "" : inward(max), "data-key": key,
      step: log ? (inward(max) - inward(min)) / 400 : step,
      oninput: () => {
        let v = outward(Number(input.value));
        // A logarithmic slider may have whole numbers for values; then a key moves by one at least.
        if (log && step) {
          const now = this.state[key];
          const rounded = Math.round(v / step) * step;
          v = rounded === now ? now + Math.sign(v - now) * step : rounded;
        }
        set(v);
      },
    });
    const field = this.numberField(key, { label, whole: step === 1, show, set, ends: () => [min, most(this.state)] });
    // The field stands outside of the label, which names the slider.
    const box = create("div", { class: "slider" }, create("label", {}, create("span", {}, label), input), field.element);
    this.regions.controls.append(box);
    this.controls.push({
      sync: (state) => {
        box.hidden = when ? !when(state) : false;
        if (typeof max === "function") {
          input.max = inward(max(state));
          state[key] = Math.min(state[key], max(state));
        }
        if (Math.abs(Number(input.value) - inward(state[key])) > 1e-12) input.value = inward(state[key]);
        input.setAttribute("aria-valuetext", say(state[key]));
        field.sync(state[key]);
      },
    });
  }

  // The value of a slider as text. What is typed counts from Enter or on leaving; Escape takes it back,
  // and what is no number is replaced by the value that holds. Beyond an end, the end is taken.
  numberField(key, { label, whole, show, set, ends }) {
    let typing = false;
    const restore = () => {
      typing = false;
      element.value = show(this.state[key]);
    };
    const commit = () => {
      if (!typing) return;
      const value = parse(element.value, whole);
      restore();
      if (Number.isNaN(value)) this.say(`${label} must be a number ${span()}`);
      else set(whole ? Math.round(value) : value);
    };
    const span = () => `from ${ends().map((v) => show(v)).join(" to ")}`;
    const element = create("input", {
      type: "text", class: "value", inputmode: "decimal", autocomplete: "off", "data-key": key, "aria-label": `${label}, as a number`,
      oninput: () => (typing = true),
      onblur: commit,
      onfocus: () => element.select(),
      onkeydown: (event) => {
        if (event.key === "Enter") commit();
        else if (event.key === "Escape") restore();
        else return;
        element.select();
      },
    });
    const sync = (value) => {
      const shown = show(value);
      element.size = Math.max(4, shown.length);
      element.title = span();
      if (!typing && element.value !== shown) element.value = shown;
    };
    return { element, sync };
  }

  // One of a few: native radio buttons in a row. options: [[value, words], ...].
  choice(key, { label, options, when, change = () => ({}) }) {
    this.groups = (this.groups ?? 0) + 1;
    const group = `choice${this.groups}`;
    const inputs = options.map(([value, words]) => {
      const input = create("input", { type: "radio", name: group, value, "data-key": key, onchange: () => this.change({ [key]: value, ...change(value, this.state) }) });
      return [input, create("label", {}, input, create("span", {}, words))];
    });
    const box = create("fieldset", { class: "choice" }, create("legend", {}, label), ...inputs.map(([, element]) => element));
    this.regions.controls.append(box);
    this.controls.push({
      sync: (state) => {
        box.hidden = when ? !when(state) : false;
        for (const [input] of inputs) input.checked = input.value === String(state[key]);
      },
    });
  }

  toggle(key, { label, when }) {
    const input = create("input", { type: "checkbox", "data-key": key, onchange: () => this.change({ [key]: input.checked }) });
    const box = create("label", { class: "toggle" }, input, create("span", {}, label));
    this.regions.controls.append(box);
    this.controls.push({
      sync: (state) => {
        box.hidden = when ? !when(state) : false;
        input.checked = state[key];
      },
    });
  }

  button(label, action, { when, words } = {}) {
    const element = create("button", { type: "button", onclick: () => action(this.state) }, label);
    this.regions.actions.append(element);
    this.controls.push({
      sync: (state) => {
        element.hidden = when ? !when(state) : false;
        const text = words ? words(state) : label;
        if (element.textContent !== text) element.textContent = text;
      },
    });
    return element;
  }

  // Step, Run and Rewind. `step()` returns the next patch of the state, or null at the end.
  player({ step, rewind, interval = 80, when }) {
    const advance = () => {
      const patch = step(this.state);
      if (patch) this.set(patch);
      return Boolean(patch);
    };
    const stepping = () => {
      this.halt();
      advance();
    };
    const run = () => {
      if (this.running) return this.halt();
      this.halt();
      if (reducedMotion()) {
        // Without motion the run shows its end.
        for (let i = 0; i < 10000 && advance(); i++);
        return;
      }
      this.running = setInterval(() => advance() || this.halt(), interval);
      this.repaint();
    };
    this.button("Step", stepping, { when });
    this.button("Run", run, { when, words: () => (this.running ? "Pause" : "Run") });
    this.button("Rewind", () => {
      this.halt();
      this.set(rewind(this.state));
    }, { when });
    this.cleanups.push(() => this.halt());
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

  // --- readouts

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

  // Have a screen reader say something, once nothing else has been to say for a while.
  say(words) {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => (this.regions.status.textContent = words), 600);
  }

  end() {
    this.halt();
    clearTimeout(this.speaking);
    cancelAnimationFrame(this.waiting);
    for (const cleanup of this.cleanups) cleanup();
  }
}

// ------------------------------------------------------------ theme and style

// The book's theme says so on <html>, JupyterLab on <body>, and otherwise the reader's system does.
function pageIsDark() {
  const { theme } = document.documentElement.dataset;
  if (theme === "dark" || theme === "light") return theme === "dark";
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false";
  if (document.body.classList.contains("vscode-dark")) return true;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

const style = `
:host { display: block; margin: 0.6rem 0 1.2rem; container-type: inline-size; color-scheme: light;
  --data: #2b62c4; --model: #c4500c; --likelihood: #00785c; --slope: #9c2a78; --accent: #1f6f8b;
  --ink: #1f2730; --muted: #5a6672; --grid: #c9d0d8; --paper: #ffffff; --button: #eef2f5; }
:host([data-dark]) { color-scheme: dark;
  --data: #6fa6ff; --model: #fb8743; --likelihood: #46bea2; --slope: #ff99e7; --accent: #5eaeca;
  --ink: #d2dae3; --muted: #909ca8; --grid: #2a3139; --paper: #14181e; --button: #232a32; }
.stage { --up: 14px; --side: 16px; background: var(--paper); color: var(--ink); border: 1px solid var(--grid); border-radius: 8px;
  padding: var(--up) var(--side) 12px; font: 400 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
[hidden] { display: none !important; }
.controls { display: flex; flex-wrap: wrap; gap: 8px 26px; align-items: center; background: var(--paper); border-radius: 7px 7px 0 0;
  margin: calc(-1 * var(--up)) calc(-1 * var(--side)) 8px; padding: var(--up) var(--side) 8px; }
.slider { display: grid; grid-template-columns: 1fr auto; align-items: center; flex: 1 1 220px; max-width: 400px; }
.slider label { display: contents; }
.slider .value { grid-area: 1 / 2; box-sizing: border-box; height: 28px; min-width: 0; max-width: 10em; margin: 0; padding: 0 5px;
  border: 1px solid transparent; border-bottom-color: var(--muted); border-radius: 4px 4px 0 0; background: transparent; color: inherit;
  font: inherit; font-variant-numeric: tabular-nums; font-weight: 600; text-align: right; }
.slider .value:hover { background: var(--button); }
.slider input[type="range"] { grid-area: 2 / 1 / 3 / -1; width: 100%; margin: 0; height: 28px; accent-color: var(--accent); }
.choice { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 4px; align-items: center; }
.choice legend { float: left; padding: 0; margin-right: 8px; }
.choice label { position: relative; }
.choice input { position: absolute; inset: 0; opacity: 0; margin: 0; width: 100%; height: 100%; cursor: pointer; }
.choice span { display: block; padding: 4px 10px; border: 1px solid var(--muted); border-radius: 6px; }
.choice input:checked + span { background: var(--accent); border-color: var(--accent); color: var(--paper); font-weight: 600; }
@media (forced-colors: active) { .choice input:checked + span { background: Highlight; border-color: Highlight; color: HighlightText; forced-color-adjust: none; } }
.choice input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 2px; }
.toggle { display: flex; gap: 8px; align-items: center; min-height: 28px; }
.toggle input { width: 18px; height: 18px; margin: 0; accent-color: var(--accent); }
.panels { display: grid; align-items: end; gap: 10px 18px; grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--column, 290px)), 1fr)); }
.panel { min-width: 0; }
.panel.wide { grid-column: 1 / -1; }
.caption { margin: 0 0 2px; font-size: 14px; font-weight: 600; min-height: 1.4em; }
svg { display: block; overflow: visible; }
.panel > svg > svg { overflow: hidden; }
text { font-size: 12px; fill: var(--muted); font-variant-numeric: tabular-nums; }
text.name { font-size: 13px; fill: var(--ink); }
text.words { font-size: 13px; fill: var(--role); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.axis, .tick { stroke: var(--muted); }
.grid { stroke: var(--grid); }
.line { fill: none; stroke: var(--role); stroke-linejoin: round; stroke-linecap: round; }
.fill { fill: var(--role); }
.fill.chosen { opacity: 1; stroke: var(--ink); stroke-width: 1.5; }
.data { --role: var(--data); } .model { --role: var(--model); } .likelihood { --role: var(--likelihood); }
.slope { --role: var(--slope); } .accent { --role: var(--accent); } .ink { --role: var(--ink); } .muted { --role: var(--muted); }
.handle { cursor: move; touch-action: none; outline: none; }
.handle.x { cursor: ew-resize; } .handle.y { cursor: ns-resize; }
.handle .grip { fill: transparent; }
.handle .ring { fill: none; stroke: none; }
.handle .knob { fill: var(--role); stroke: var(--paper); stroke-width: 2; }
.handle:hover .ring { fill: var(--role); opacity: 0.25; }
.handle:focus-visible .ring { stroke: var(--accent); stroke-width: 3; }
.ground { fill: transparent; cursor: crosshair; }
.target { fill: transparent; outline: none; }
.target:focus-visible { stroke: var(--accent); stroke-width: 2; }
.note { margin: 8px 0 6px; min-height: 2.9em; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 26px; margin: 0 0 10px; }
.facts div { display: flex; flex-wrap: wrap; gap: 0 8px; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; color: var(--role); }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }
button { font: inherit; color: var(--ink); background: var(--button); border: 1px solid var(--muted); border-radius: 6px;
  padding: 4px 14px; min-height: 34px; cursor: pointer; }
button:hover { border-color: var(--accent); }
button:focus-visible, .slider input:focus-visible, .toggle input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.status { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
/* The controls stay in sight while what they move scrolls by; --mle-top is the height of what the page itself keeps at its top. */
@media (min-height: 520px) { .controls { position: sticky; top: var(--mle-top, 0px); z-index: 1; } }
/* Letters of 16 px, or a phone zooms in on a field that is tapped. */
@container (max-width: 480px) { .stage { --up: 10px; --side: 10px; } .controls { gap: 4px 20px; border-bottom: 1px solid var(--grid); }
  .slider .value { font-size: 16px; } .note { min-height: 4.4em; } }
@media print { :host { --data: #2b62c4; --model: #c4500c; --likelihood: #00785c; --slope: #9c2a78; --accent: #1f6f8b;
  --ink: #1f2730; --muted: #5a6672; --grid: #c9d0d8; --paper: #ffffff; } .actions, .controls { display: none; } }
`;

// ------------------------------------------------------------ the element

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

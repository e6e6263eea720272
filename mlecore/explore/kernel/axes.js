// A panel's axes: where a value stands in pixels, and the round numbers beside it.
import { create, createSvg, escapeText, setAll } from "./elements.js";
import { fixed, format, range, superscript } from "./numbers.js";

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

// An svg with axes. A painting begins with `frame`, which sets the scales, and ends with `finish`.
export class Axes {
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
}

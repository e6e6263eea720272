// What is drawn on a panel: marks in a role (data, model, likelihood, slope, accent, ink, muted, or a method), which gives the colour.
import { Axes } from "./axes.js";
import { escapeText } from "./elements.js";
import { clamp } from "./numbers.js";

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

export class Marks extends Axes {
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

  // What the reader guessed, kept as a ghost beside the answer: a fine line at a value of one axis, and its words.
  guess(axis, value, words = "your guess", { role = "muted", anchor = "start" } = {}) {
    this.rule(axis, value, role, { dash: "2 3" });
    const [far, top] = [this.domain.x[1], this.domain.y[1]];
    if (axis === "x") this.text(value, top, words, role, { anchor, dx: anchor === "end" ? -5 : 6, dy: 14 });
    else this.text(far, value, words, role, { anchor: "end", dy: -5 });
  }

  // The level sets of a grid of values, the last level faintest. They are the dearest marks to find,
  // so they are kept while the grid, the levels and the axes stay the same. A long thin hill wants a grid along
  // its own axes: `place` says where a point of the grid lies in the panel.
  contours(xs, ys, values, levels, role, { width = 1.3, place = (point) => point } = {}) {
    const key = [this.w, this.h, this.domain.x, this.domain.y, levels].join();
    if (this.level?.values !== values || this.level.key !== key) {
      const paths = levels.map((level) => contour(xs, ys, values, level).map((segment) => this.path(segment.map(place))).join(""));
      this.level = { values, key, paths };
    }
    this.level.paths.forEach((d, k) => {
      const opacity = 1 - (0.7 * k) / Math.max(1, levels.length - 1);
      this.marks.push(`<path class="${role} line" d="${d}" stroke-width="${width}" opacity="${opacity.toFixed(2)}"/>`);
    });
  }
}

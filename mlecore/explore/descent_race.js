// Chapter 6: four ways to climb race on the contours of one negative log-likelihood.
import { digamma, gammaLogLikelihood, generator, lgamma, log1pexp, mean, sigmoid, sum, trigamma } from "./formulas.js";
import { clamp, define, format, linspace, range, superscript } from "./kernel.js";

// A model gives, at raw coordinates (a, b) and for the rows asked for, the mean negative log-likelihood,
// its gradient, its Hessian [aa, ab, bb] and the expected one, and a list of linear coordinate systems:
// raw = matrix * coordinates.
function logisticRace(x, y) {
  const m = mean(x);
  const s = Math.sqrt(mean(x.map((v) => (v - m) ** 2)));
  const at = ([a, b], rows) => {
    const [g, h] = [[0, 0], [0, 0, 0]];
    let value = 0;
    for (const i of rows) {
      const z = a + b * x[i];
      const p = sigmoid(z);
      const w = p * sigmoid(-z);
      value += log1pexp(z) - y[i] * z;
      g[0] += p - y[i];
      g[1] += (p - y[i]) * x[i];
      h[0] += w;
      h[1] += w * x[i];
      h[2] += w * x[i] * x[i];
    }
    const n = rows.length;
    const hessian = h.map((v) => v / n);
    return { value: value / n, gradient: g.map((v) => v / n), hessian, expected: hessian };
  };
  return {
    n: x.length, at,
    systems: {
      raw: { words: "raw", names: ["intercept", "weight"], matrix: [[1, 0], [0, 1]] },
      better: { words: "standardised", names: ["intercept", "weight × s.d."], matrix: [[1, -m / s], [0, 1 / s]] },
    },
    start: [0, 0],
    label: "Covariate",
  };
}

function gammaRace(x) {
  const logs = x.map(Math.log);
  const all = { n: 1, mean: mean(x), meanLog: mean(logs) };
  const at = ([u, v], rows) => {
    const t = rows.length === x.length ? all : { n: 1, mean: mean(rows.map((i) => x[i])), meanLog: mean(rows.map((i) => logs[i])) };
    const [a, r] = [Math.exp(u), Math.exp(v)];
    const climb = digamma(a) - v - t.meanLog;
    const bend = a * a * trigamma(a);
    return {
      value: -gammaLogLikelihood(t, a, r),
      gradient: [a * climb, r * t.mean - a],
      hessian: [a * climb + bend, -a, r * t.mean],
      expected: [bend, -a, a],
    };
  };
  const rate = Math.log(1 / all.mean);
  return {
    n: x.length, at,
    systems: {
      raw: { words: "shape and rate", names: ["log shape", "log rate"], matrix: [[1, 0], [0, 1]] },
      better: { words: "shape and mean", names: ["log shape", "log mean"], matrix: [[1, 0], [1, -1]] },
    },
    start: [0, rate],
    label: "Coordinates",
  };
}

const apply = (m, [u, v]) => [m[0][0] * u + m[0][1] * v, m[1][0] * u + m[1][1] * v];
const invert = ([[a, b], [c, d]]) => [[d, -b], [-c, a]].map((row) => row.map((v) => v / (a * d - b * c)));
const solve = ([aa, ab, bb], [g, h]) => {
  const det = aa * bb - ab * ab;
  return [(bb * g - ab * h) / det, (aa * h - ab * g) / det];
};

// The same model in other coordinates: the gradient by the transposed matrix, the Hessian from both sides.
function inSystem(model, { matrix: m }) {
  const bend = ([aa, ab, bb]) => {
    const q = (i, j) => m[0][i] * (aa * m[0][j] + ab * m[1][j]) + m[1][i] * (ab * m[0][j] + bb * m[1][j]);
    return [q(0, 0), q(0, 1), q(1, 1)];
  };
  return (w, rows) => {
    const { value, gradient: [g, h], hessian, expected } = model.at(apply(m, w), rows);
    return { value, gradient: [m[0][0] * g + m[1][0] * h, m[0][1] * g + m[1][1] * h], hessian: bend(hessian), expected: bend(expected) };
  };
}

// A grid over the hill about its top, in standard errors: the first axis across the panel's width, the second along the
// weight for a given intercept, closest where the hill is narrow. A grid along the panel's own axes steps over a thin hill.
function along(best, [aa, ab, bb], [low, high], height) {
  const [narrow, lean] = [1 / Math.sqrt(bb), -ab / bb];
  const place = ([u, z]) => [u, best[1] + lean * (u - best[0]) + narrow * z];
  const us = linspace(low[0], low[1], 81);
  const vs = linspace(-5, 5, 81).map(Math.sinh);
  return { us, vs, place, values: vs.map((v) => us.map((u) => height(place([u, v])))) };
}

const racers = [
  ["gradient", "gradient descent", "gradient", ""],
  ["sgd", "stochastic gradient", "stochastic", "1 4"],
  ["newton", "Newton", "newton", ""],
  ["fisher", "Fisher scoring", "fisher", "7 5"],
];

define("descent_race", "Four optimisers on one surface", (stage, { x, y }) => {
  const model = y ? logisticRace(x, y) : gammaRace(x);
  const all = range(model.n);
  const longest = 200;
  const views = {};
  for (const [name, system] of Object.entries(model.systems)) {
    const f = inSystem(model, system);
    const start = apply(invert(system.matrix), model.start);
    let best = start;
    for (let i = 0; i < 100; i++) best = safeStep(f, best, "expected");
    const curve = f(best, all).hessian;
    const [low, high] = range(2).map((k) => {
      // Four standard errors about the maximum, and the start.
      const se = Math.sqrt((k === 0 ? curve[2] : curve[0]) / (curve[0] * curve[2] - curve[1] ** 2) / model.n);
      const [a, b] = [Math.min(start[k], best[k] - 4 * se), Math.max(start[k], best[k] + 4 * se)];
      return [a - 0.08 * (b - a), b + 0.08 * (b - a)];
    });
    const domain = [low, high];
    const top = f(best, all).value;
    const hill = along(best, curve.map((c) => c * model.n), domain, (w) => -(f(w, all).value - top) * model.n);
    // A step of one over the largest curvature, at the start or at the maximum, does not overshoot there.
    const largest = (h) => 0.5 * (h[0] + h[2]) + Math.hypot(0.5 * (h[0] - h[2]), h[1]);
    const smallest = (h) => (h[0] * h[2] - h[1] ** 2) / largest(h);
    views[name] = { f, start, best, top, domain, hill, rate: 1 / Math.max(largest(curve), largest(f(start, all).hessian)), condition: largest(curve) / smallest(curve), names: system.names };
  }

  // One step of Newton's method or of Fisher scoring, halved until the value falls.
  function safeStep(f, w, kind) {
    const { value, gradient, hessian, expected } = f(w, all);
    let h = kind === "expected" ? expected : hessian;
    // Where the Hessian is not positive definite its step need not lead down; the expected one does.
    if (!(h[0] > 0 && h[0] * h[2] > h[1] ** 2)) h = expected;
    const step = solve(h, gradient);
    for (let t = 1; t > 1e-6; t /= 2) {
      const next = [w[0] - t * step[0], w[1] - t * step[1]];
      if (f(next, all).value <= value) return next;
    }
    return w;
  }

  const kept = {};
  const paths = ({ system, rate, u, v, batch }) => {
    const key = [system, rate, u, v, batch].join();
    if (kept.key === key) return kept.paths;
    const { f } = views[system];
    const random = generator(1951);
    const next = {
      gradient: (w) => f(w, all).gradient.map((g, k) => w[k] - rate * g),
      sgd: (w) => f(w, range(batch).map(() => random.integer(model.n))).gradient.map((g, k) => w[k] - rate * g),
      newton: (w) => safeStep(f, w, "observed"),
      fisher: (w) => safeStep(f, w, "expected"),
    };
    const made = {};
    for (const [name] of racers) {
      const points = [[u, v]];
      for (let t = 0; t < longest; t++) {
        const last = points[t];
        const to = last.every((c) => Math.abs(c) < 1e8) ? next[name](last) : last;
        points.push(to.every(Number.isFinite) ? to : last);
      }
      made[name] = { points, gaps: points.map((w) => f(w, all).value - views[system].top) };
    }
    Object.assign(kept, { key, paths: made });
    return made;
  };

  const begin = (system) => ({ rate: views[system].rate, u: views[system].start[0], v: views[system].start[1], t: 0 });
  stage.choice("system", {
    label: model.label, options: Object.entries(model.systems).map(([name, { words }]) => [name, words]), change: (system) => begin(system),
  });
  const rates = Object.values(views).map(({ rate }) => rate);
  stage.slider("rate", { label: "Learning rate", min: Math.min(...rates) / 30, max: 30 * Math.max(...rates), log: true, format: (v) => format(v, 3), say: (v) => format(v, 3) });
  stage.slider("t", { label: "Step", min: 0, max: longest, step: 1, format: (t) => String(Math.round(t)), say: (t) => `step ${Math.round(t)}` });
  const batches = [1, 4, 16].filter((b) => b <= model.n);
  stage.choice("batch", { label: "Mini-batch", options: batches.map((b) => [b, String(b)]) });
  stage.player({
    step: ({ t }) => (t < longest ? { t: Math.round(t) + 1 } : null),
    rewind: () => ({ t: 0 }),
    interval: 90,
  });
  stage.button("Start at the maximum", ({ system }) => stage.glide({ u: views[system].best[0], v: views[system].best[1], t: 0 }));

  const map = stage.panel({ label: "Contours of the log-likelihood with the paths of four optimisers", height: 330 });
  const chart = stage.panel({ label: "Distance of the mean negative log-likelihood from its minimum, by step", height: 330 });

  stage.begin({ system: "raw", batch: batches[Math.min(1, batches.length - 1)], ...begin("raw") }, (state) => {
    const view = views[state.system];
    const t = Math.round(state.t);
    const made = paths(state);
    const [ud, vd] = view.domain;
    map.frame({ title: "Four paths: drag their start", x: { domain: ud, label: view.names[0] }, y: { domain: vd, label: view.names[1] } });
    const { us, vs, values, place } = view.hill;
    map.contours(us, vs, values, [-0.5, -2, -4.5, -8, -16, -64, -256], "likelihood", { width: 1.1, place });
    map.dots([view.best[0]], [view.best[1]], "ink", { radius: 4 });
    map.text(view.best[0], view.best[1], "maximum", "ink", { dx: 8, dy: -8 });
    for (const [name, , role, dash] of racers) {
      const points = made[name].points.slice(0, t + 1);
      map.curve(points.map((w) => w[0]), points.map((w) => w[1]), role, { dash, width: 2 });
      if (t <= 25 || name === "newton" || name === "fisher") map.dots(points.map((w) => w[0]), points.map((w) => w[1]), role, { radius: 2.6 });
      map.dots([points[t][0]], [points[t][1]], role, { radius: 5 });
      // What the next step will be: so the learning rate shows before the race has begun.
      if (t < longest) map.segment(points[t], made[name].points[t + 1], role, { width: 1.2, dash: "2 4", opacity: 0.7 });
    }
    // The gradient's first step may be shorter than the start's mark: so, once it has been taken, its direction.
    const across = [ud, vd].map(([low, high]) => high - low);
    const first = across.map((span, k) => (made.gradient.points[1][k] - made.gradient.points[0][k]) / span);
    const longer = 0.2 / Math.hypot(...first);
    if (t >= 1 && longer > 1 && Number.isFinite(longer)) {
      const tip = [state.u + longer * first[0] * across[0], state.v + longer * first[1] * across[1]];
      map.segment([state.u, state.v], tip, "gradient", { width: 1.4, dash: "1 3" });
      map.text(...tip, "first step", "gradient", { anchor: "end", dx: -6, dy: 4 });
    }
    map.handle("start", {
      x: state.u, y: state.v, role: "ink", axis: "xy", step: [(ud[1] - ud[0]) / 50, (vd[1] - vd[0]) / 50], label: "Start of the race",
      text: `${view.names[0]} ${format(state.u, 3)}, ${view.names[1]} ${format(state.v, 3)}`,
      move: (u, v) => stage.change({ u: clamp(u, ...ud), v: clamp(v, ...vd), t: state.t }),
    });

    const floor = 1e-10;
    const far = Math.max(12, Math.min(longest, Math.ceil(1.25 * t)));
    const peak = Math.max(1, 3 * Math.max(made.gradient.gaps[0], 1e-3));
    chart.frame({
      title: "How far above the minimum",
      x: { domain: [0, far], label: "step" },
      y: { domain: [floor, peak * 10], log: true, label: "mean NLL − minimum" },
    });
    racers.forEach(([name, words, role, dash], i) => {
      const gaps = made[name].gaps.slice(0, t + 1).map((g) => clamp(g, floor, 1e9));
      chart.curve(range(t + 1), gaps, role, { dash, width: 2.4 });
      chart.dots([t], [gaps[t]], role, { radius: 4.5 });
      chart.text(far, floor, words, role, { anchor: "end", dx: -4, dy: -12 - 17 * (racers.length - 1 - i) });
    });

    // What the race has shown so far, and nothing of its end.
    const close = (name) => {
      const first = made[name].gaps.findIndex((g) => g < 1e-6);
      if (first >= 0 && first <= t) return `${first} steps`;
      return t < longest ? "not yet" : `not in ${longest} steps`;
    };
    stage.facts([
      ["step", String(t)],
      ...racers.map(([name, words, role]) => [`${words} to 10${superscript(-6)}`, close(name), role]),
      ["condition number at the maximum", format(view.condition, 3), "muted"],
    ]);
    // Below this the gap is rounding, not distance.
    const tidy = (g) => (g < 1e-12 ? 0 : g);
    const gap = made.gradient.gaps[t];
    const worse = gap > 2 * made.gradient.gaps[0] + 1e-9;
    stage.note(
      worse
        ? "Gradient descent has overshot and is now worse than at the start: its learning rate is too large for the steepest direction."
        : t === 0
          ? "Press Run, or Step. All four start from the same point; change the coordinates or the learning rate and race again."
          : `After ${t} step${t === 1 ? "" : "s"} gradient descent is ${format(tidy(gap), 2)} above the minimum, Newton ${format(tidy(made.newton.gaps[t]), 2)}, in mean negative log-likelihood.`,
    );
  });
});

// Chapter 10: the log-likelihood per observation settles on its limit, and the estimate on the truth.
import { cauchyLocationMle, cauchyLogPdf, generator } from "./formulas.js";
import { clamp, define, format, grouped, linspace, range } from "./kernel.js";

const longestRun = 5000;
// What the reader is asked: how near the truth the estimates lie at the second size, told how near at the first.
const [told, asked] = [40, 4000];

// A model gives: a draw; the log-likelihood per observation at theta of the first n; its limit, the
// expectation under the truth; the estimate; the band in which it lies 95 times in 100; the axes.
const settling = {
  exponential: {
    words: "Exponential", symbol: "λ", truth: 1, range: [0.35, 2.2], draw: (random) => random.exponential(1),
    perObservation: (xs, sums, n) => (rate) => Math.log(rate) - rate * (sums[n] / n),
    limit: (rate) => Math.log(rate) - rate,
    estimate: (xs, sums, n) => n / sums[n],
    band: (n) => [1 - 1.96 / Math.sqrt(n), 1 + 1.96 / Math.sqrt(n)],
    rate: "the error shrinks like 1/√n",
  },
  uniform: {
    words: "Uniform(0, θ)", symbol: "θ", truth: 1, range: [0.6, 1.6], draw: (random) => random.uniform(),
    perObservation: (xs, sums, n, tops) => (high) => (high < tops[n] ? NaN : -Math.log(high)),
    limit: (high) => (high < 1 ? NaN : -Math.log(high)),
    estimate: (xs, sums, n, tops) => tops[n],
    // The largest of n uniforms has distribution function t^n.
    band: (n) => [0.025 ** (1 / n), 0.975 ** (1 / n)],
    rate: "the error shrinks like 1/n",
  },
  cauchy: {
    words: "Cauchy location", symbol: "θ", truth: 0, range: [-4, 4], draw: (random) => random.cauchy(),
    perObservation: (xs, sums, n) => (loc) => {
      let total = 0;
      for (let i = 0; i < n; i++) total += cauchyLogPdf(xs[i], loc, 1);
      return total / n;
    },
    // The expectation of log(1 + (X - loc)^2) under a standard Cauchy is log(4 + loc^2).
    limit: (loc) => -Math.log(Math.PI) - Math.log(4 + loc * loc),
    estimate: (xs, sums, n) => cauchyLocationMle(xs.subarray(0, n)),
    other: (xs, sums, n) => sums[n] / n,
    band: (n) => [-1.96 * Math.sqrt(2 / n), 1.96 * Math.sqrt(2 / n)],
    rate: "the error of the MLE shrinks like 1/√n; the mean never settles",
  },
  twin: {
    words: "Normal(a + b, 1)", symbol: "a", truth: 1, range: [-3, 3], draw: (random) => 1 + random.normal(),
    // For every a there is a b that serves as well: the profile over a is flat.
    perObservation: (xs, sums, n, tops, squares) => () => -0.5 * Math.log(2 * Math.PI) - 0.5 * (squares[n] / n - (sums[n] / n) ** 2),
    limit: () => -0.5 * Math.log(2 * Math.PI) - 0.5,
    estimate: (xs, sums, n) => sums[n] / n,
    band: (n) => [1 - 1.96 / Math.sqrt(n), 1 + 1.96 / Math.sqrt(n)],
    rate: "a + b settles; a alone never does",
  },
};

define("consistency", "The log-likelihood settles as the sample grows", (stage) => {
  // The sizes at which the estimate's path is drawn: every size at first, then some for each doubling.
  const sizes = [...new Set(range(90).map((i) => Math.round(longestRun ** (i / 89))))];
  const kept = {};
  const sample = ({ model: name, seed }) => {
    const key = `${name} ${seed}`;
    if (kept.key === key) return kept;
    const model = settling[name];
    const random = generator(seed);
    const xs = Float64Array.from(range(longestRun), () => model.draw(random));
    const [sums, squares, tops] = [new Float64Array(longestRun + 1), new Float64Array(longestRun + 1), new Float64Array(longestRun + 1)];
    xs.forEach((x, i) => {
      sums[i + 1] = sums[i] + x;
      squares[i + 1] = squares[i] + x * x;
      tops[i + 1] = Math.max(tops[i], x);
    });
    const parts = (n) => [xs, sums, n, tops, squares];
    const path = sizes.map((n) => model.estimate(...parts(n)));
    const other = model.other && sizes.map((n) => model.other(...parts(n)));
    // The axis holds the limit and the top of the curve at every size, so that it stays put as n moves.
    const limits = linspace(...model.range, 161).map(model.limit).filter(Number.isFinite);
    const summits = sizes.map((n, i) => model.perObservation(...parts(n))(clamp(path[i], ...model.range)));
    const depth = Math.max(Math.max(...limits) - Math.min(...limits), 0.5);
    const heights = [Math.min(...limits, ...summits) - 0.45 * depth, Math.max(...limits, ...summits) + 0.6 * depth];
    return Object.assign(kept, { key, model, parts, path, other, heights });
  };

  // How far below the truth the band reaches at n.
  const reach = ({ truth, band }, n) => truth - band(n)[0];
  // Of two parameters of which the data know the sum alone nothing is asked.
  const question = (key) => ({ guess: Number(reach(settling[key], told).toPrecision(3)), checked: key === "twin" });

  stage.choice("model", {
    label: "Model", options: Object.entries(settling).map(([key, { words }]) => [key, words]),
    change: (key) => ({ theta: start(key), ...question(key) }),
  });
  const start = (key) => settling[key].truth + 0.35 * (settling[key].range[1] - settling[key].truth);
  stage.slider("n", { label: "Sample size n", min: 1, max: longestRun, log: true, step: 1, format: (n) => grouped(Math.round(n)), say: (n) => `n = ${Math.round(n)}` });
  stage.slider("guess", {
    label: `My guess: at n = ${grouped(asked)} within`, min: 0.0005, max: 1, log: true, format: (v) => format(v, 3), say: (v) => `guess ${format(v, 3)}`,
    when: ({ model }) => model !== "twin",
  });
  stage.button("Check my guess", () => {
    stage.change({ checked: true });
    stage.glide({ n: asked });
  }, { when: ({ model }) => model !== "twin" });
  stage.player({
    step: ({ n }) => (n < longestRun ? { n: Math.min(longestRun, Math.ceil(n * 1.06)) } : null),
    rewind: () => ({ n: 1 }),
    interval: 70,
  });
  stage.button("New sample", ({ seed }) => stage.change({ seed: seed + 1 }));
  stage.button("Go to the maximum", (state) => {
    const { model, parts } = sample(state);
    stage.glide({ theta: clamp(model.estimate(...parts(Math.round(state.n))), ...model.range) });
  }, { when: ({ model }) => model !== "twin" });

  const left = stage.panel({ label: "The log-likelihood per observation and its limit, over the parameter", height: 290 });
  const right = stage.panel({ label: "The estimate against the sample size", height: 290 });

  stage.begin({ model: "exponential", n: 8, seed: 1, theta: start("exponential"), ...question("exponential") }, (state) => {
    const { guess, checked } = state;
    const n = Math.round(state.n);
    const { model, parts, path, other, heights: [floor, ceiling] } = sample(state);
    const { symbol, truth } = model;
    const [low, high] = model.range;
    const twin = state.model === "twin";
    const theta = clamp(state.theta, low, high);
    const perObservation = model.perObservation(...parts(n));
    const grid = linspace(low, high, 161);
    const limits = grid.map(model.limit);
    const curve = grid.map(perObservation);
    const estimate = model.estimate(...parts(n));

    left.frame({
      title: twin ? `The best ℓ(a, b)/n for each a` : `ℓ(${symbol})/n and its limit`,
      x: { domain: [low, high], label: symbol },
      y: { domain: [floor, ceiling] },
    });
    left.curve(grid, limits, "ink", { dash: "5 4", width: 1.6 });
    left.curve(grid, curve, "likelihood", { width: 2.6 });
    if (!twin) {
      left.rule("x", truth, "muted", { dash: "2 4" });
      left.dots([estimate], [perObservation(estimate)], "model", { radius: 5 });
    }
    left.text(high, ceiling, "dashed: the limit", "ink", { anchor: "end", dy: 15 });
    left.text(high, ceiling, `solid: n = ${grouped(n)}`, "likelihood", { anchor: "end", dy: 32 });
    const at = perObservation(theta);
    const goal = model.limit(theta);
    left.segment([theta, at], [theta, goal], "slope", { width: 3 });
    left.handle("theta", {
      x: theta, y: Number.isFinite(at) ? at : floor, role: "slope", step: [(high - low) / 100, 0], label: `Parameter ${symbol}`,
      text: `${format(theta, 3)}, log-likelihood per observation ${format(at, 4)}, limit ${format(goal, 4)}`,
      move: (v) => stage.change({ theta: clamp(v, low, high) }),
    });

    right.frame({
      title: twin ? "The estimate of a + b" : `The estimate of ${symbol}`,
      x: { domain: [1, longestRun], log: true, label: "n" },
      y: { domain: model.range },
    });
    const bands = sizes.map(model.band);
    const outline = [...sizes, ...sizes.slice().reverse()];
    if (checked) right.area(outline, [...bands.map((b) => clamp(b[0], -99, 99)), ...bands.slice().reverse().map((b) => clamp(b[1], -99, 99))], "model", { base: bands[0][0], opacity: 0.15 });
    right.rule("y", truth, "muted", { dash: "2 4" });
    right.text(longestRun, truth, "truth", "muted", { anchor: "end", dy: -5 });
    if (!twin) {
      // The Uniform's largest value never lies above the end.
      right.segment([asked, truth - guess], [asked, truth + (state.model === "uniform" ? 0 : guess)], "muted", { width: 6, opacity: 0.6 });
      right.text(asked, truth - guess, "your guess", "muted", { anchor: "end", dx: 12, dy: 18 });
    }
    const walked = sizes.filter((size) => size <= n);
    if (other) {
      right.curve([...walked, n], [...other.slice(0, walked.length), model.other(...parts(n))], "muted", { width: 1.8, dash: "3 3" });
      right.text(longestRun, low, "dashed: the mean", "muted", { anchor: "end", dy: -8 });
    }
    right.curve([...walked, n], [...path.slice(0, walked.length), estimate], "model", { width: 2.4 });
    right.handle("n", {
      x: n, y: clamp(estimate, low, high), step: [Math.max(1, Math.round(0.05 * n)), 0], label: "Sample size", text: `n = ${n}, estimate ${format(estimate, 4)}`,
      move: (v) => stage.change({ n: clamp(Math.round(v), 1, longestRun) }),
    });
    if (checked) right.text(1, high, "about 95 in 100 estimates", "model", { dx: 60, dy: 16 });

    stage.facts([
      ["n", grouped(n), "accent"],
      [twin ? "estimate of a + b" : `estimate of ${symbol}`, format(estimate), "model"],
      ["truth", format(truth), "muted"],
      ...(other ? [["mean", format(model.other(...parts(n))), "muted"]] : []),
      ["ℓ/n − limit at the point", format(at - goal, 3), "slope"],
    ]);
    const within = reach(model, asked);
    const near = `about 95 in 100 estimates lie within ${format(reach(model, told), 3)} of the truth`;
    const times = Math.max(guess / within, within / guess);
    const judged = times < 1.05 ? "is right" : `was ${format(times, 2)} times too ${guess > within ? "wide" : "narrow"}`;
    stage.note(
      !checked
        ? `At n = ${told} ${near}. Within what at n = ${grouped(asked)}? Set your guess and check it; then let n run.`
        : !twin && n === asked
        ? `At n = ${told} ${near}, at n = ${grouped(asked)} within ${format(within, 3)}. Your guess, ${format(guess, 3)}, ${judged}: ${model.rate}.`
        : twin
        ? "Only a + b matters to the data, so every a does as well as every other: the curve is flat for every n, and no amount of data finds a."
        : `At each fixed ${symbol} the curve settles on its limit, by the law of large numbers; its top settles on the truth: ${model.rate}.`,
      `n ${n}, estimate ${format(estimate)}, distance from the limit ${format(at - goal, 3)}`,
    );
  });
});

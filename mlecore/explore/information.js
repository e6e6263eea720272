// Chapter 11: the curvature of the log-likelihood against the spread of its maximum.
import { generator, mean, variance, xlogy } from "./formulas.js";
import { clamp, define, fixed, format, linspace, range } from "./kernel.js";

const replicates = 1000;
const drawn = 40;
const largestSample = 100;
// What the reader is asked: what becomes of curvature and scatter from the first size to the second.
const [fewer, more] = [20, 80];

// A model turns uniforms into the sum of a sample (whole: a whole number), and gives what one needs to
// know of that sum s: the log-likelihood (up to a constant), the score, the curvature -l'', the estimate and I(theta).
const informed = {
  poisson: {
    words: "Poisson", symbol: "λ", range: [0.5, 8], start: 3, whole: true,
    total: (us, n, rate) => {
      let total = 0;
      for (let i = 0; i < n; i++) {
        // Inversion: the first count whose distribution function passes the uniform.
        let [count, p] = [0, Math.exp(-rate)];
        for (let left = us[i] - p; left > 0 && p > 1e-18; left -= p) p *= rate / ++count;
        total += count;
      }
      return total;
    },
    log: (s, n, rate) => xlogy(s, rate) - n * rate,
    score: (s, n, rate) => s / rate - n,
    curvature: (s, n, rate) => s / rate ** 2,
    estimate: (s, n) => s / n,
    information: (rate) => 1 / rate,
  },
  bernoulli: {
    words: "Bernoulli", symbol: "p", range: [0.05, 0.95], start: 0.3, whole: true,
    total: (us, n, p) => {
      let count = 0;
      for (let i = 0; i < n; i++) count += us[i] < p;
      return count;
    },
    log: (s, n, p) => xlogy(s, p) + xlogy(n - s, 1 - p),
    score: (s, n, p) => s / p - (n - s) / (1 - p),
    curvature: (s, n, p) => s / p ** 2 + (n - s) / (1 - p) ** 2,
    estimate: (s, n) => s / n,
    information: (p) => 1 / (p * (1 - p)),
  },
  exponential: {
    words: "Exponential", symbol: "λ", range: [0.3, 3], start: 1, whole: false,
    total: (us, n, rate) => {
      let t = 0;
      for (let i = 0; i < n; i++) t -= Math.log(us[i]);
      return t / rate;
    },
    log: (s, n, rate) => n * Math.log(rate) - rate * s,
    score: (s, n, rate) => n / rate - s,
    curvature: (s, n, rate) => n / rate ** 2,
    estimate: (s, n) => n / s,
    information: (rate) => 1 / rate ** 2,
  },
};

define("information", "Curvature against spread", (stage) => {
  const kept = {};
  const uniforms = (seed) => {
    if (kept.seed !== seed) {
      const random = generator(seed);
      Object.assign(kept, { seed, rows: range(replicates).map(() => Float64Array.from(range(largestSample), random.uniform)) });
    }
    return kept.rows;
  };

  stage.choice("model", { label: "Model", options: Object.entries(informed).map(([key, { words }]) => [key, words]) });
  stage.slider("n", { label: "Sample size n", min: 5, max: largestSample, step: 1, format: (n) => String(Math.round(n)), say: (n) => `n = ${Math.round(n)}` });
  for (const [key, { symbol, range: [low, high] }] of Object.entries(informed))
    stage.slider(key, {
      label: `True ${symbol}`, min: low, max: high, step: (high - low) / 300, when: ({ model }) => model === key,
      format: (v) => format(v, 3), say: (v) => `true parameter ${format(v, 3)}`,
    });
  stage.slider("sharper", { label: "My guess: curvature times", min: 1, max: 16, step: 0.1, format: (v) => fixed(v, 1), say: (v) => `curvature times ${fixed(v, 1)}` });
  stage.slider("closer", { label: "My guess: scatter divided by", min: 1, max: 16, step: 0.1, format: (v) => fixed(v, 1), say: (v) => `scatter divided by ${fixed(v, 1)}` });
  stage.button("Check my guess", () => {
    stage.change({ checked: true });
    stage.glide({ n: more });
  });
  stage.button("New samples", ({ seed }) => stage.change({ seed: seed + 1 }));

  const curves = stage.panel({ label: `Log-likelihoods of ${drawn} samples, each shifted to touch zero, with their maxima`, height: 220 });
  const spread = stage.panel({ label: `The estimates from ${replicates} samples`, height: 220 });
  const scores = stage.panel({ label: `The scores at the truth from ${replicates} samples`, height: 150, wide: true });

  const initial = Object.fromEntries(Object.entries(informed).map(([key, { start }]) => [key, start]));
  stage.begin({ model: "poisson", n: fewer, seed: 1, sharper: 1, closer: 1, checked: false, ...initial }, (state) => {
    const { sharper, closer, checked } = state;
    const model = informed[state.model];
    const { symbol } = model;
    const truth = state[state.model];
    const n = Math.round(state.n);
    const total = n * model.information(truth);
    const se = 1 / Math.sqrt(total);
    const before = fewer * model.information(truth);
    const guessed = checked || sharper !== 1 || closer !== 1;
    const sums = uniforms(state.seed).map((us) => model.total(us, n, truth));
    const estimates = sums.map((s) => model.estimate(s, n));
    const slopes = sums.map((s) => model.score(s, n, truth));
    const bends = sums.map((s) => model.curvature(s, n, truth));

    // The window keeps its width as n grows, so that the narrowing is seen; it follows the truth.
    const half = 4.2 / Math.sqrt(5 * model.information(truth));
    const lower = state.model === "bernoulli" ? 0.001 : 0.02 * truth;
    const upper = state.model === "bernoulli" ? 0.999 : Infinity;
    const domain = [Math.max(lower, truth - half), Math.min(upper, truth + half)];
    const grid = linspace(...domain, 121);

    curves.frame({ title: `${drawn} log-likelihoods, tops at 0`, x: { domain, label: symbol }, y: { domain: [-6, 1.4], ticks: [-6, -4, -2, 0].map((v) => [v, fixed(v, 0)]) } });
    for (let i = 0; i < drawn; i++) {
      const top = model.log(sums[i], n, estimates[i]);
      curves.curve(grid, grid.map((t) => model.log(sums[i], n, t) - top), "likelihood", { width: 1, opacity: 0.4 });
    }
    curves.curve(grid, grid.map((t) => -0.5 * total * (t - truth) ** 2), "ink", { dash: "6 4", width: 1.8 });
    if (guessed) {
      curves.curve(grid, grid.map((t) => -0.5 * sharper * before * (t - truth) ** 2), "muted", { dash: "2 3", width: 2.4 });
      curves.text(domain[0], 1.4, `dotted: your guess for n = ${more}`, "muted", { dx: 4, dy: 31 });
    }
    curves.segment([truth, -6], [truth, 0.4], "muted", { width: 1.4, dash: "2 4" });
    curves.dots(estimates.slice(0, drawn), range(drawn).map(() => 0), "model", { radius: 3, opacity: 0.7 });
    curves.text(domain[0], 1.4, `dashed: −½ n I (${symbol} − truth)²`, "ink", { dx: 4, dy: 14 });
    curves.handle("truth", {
      x: truth, y: -6, role: "ink", step: [(model.range[1] - model.range[0]) / 100, 0], label: `True ${symbol}`, text: format(truth, 3),
      move: (v) => stage.change({ [state.model]: clamp(v, ...model.range) }),
    });

    // Estimates and scores of counts lie on a lattice; bars that hold equally many of its points do not flicker.
    const lattice = (of) => (model.whole ? { origin: of(0), gap: Math.abs(of(1) - of(0)) } : null);
    histogram(spread, estimates, truth, se, "model", {
      title: `The ${replicates} estimates`, label: `estimate of ${symbol}`, domain, lattice: lattice((s) => model.estimate(s, n)),
      ghost: guessed ? 1 / Math.sqrt(before) / closer : null,
    });
    // So does this one: it is wide enough for the largest sample, so that the scores are seen to spread out.
    const wide = 3.2 * Math.sqrt(largestSample * model.information(truth));
    histogram(scores, slopes, 0, Math.sqrt(total), "slope", {
      title: `The ${replicates} scores at the truth: mean 0, variance n I`, label: `score ℓ′(${symbol}) at the truth`, domain: [-wide, wide],
      lattice: lattice((s) => model.score(s, n, truth)),
    });

    if (!checked) {
      stage.facts([["n", String(n)]]);
      return stage.note(`From n = ${fewer} to n = ${more} there are four times as many data. What becomes of the curvature at the top, and of the scatter of the tops? Set both guesses, then check them.`, `n ${n}`);
    }
    const sd = Math.sqrt(variance(estimates));
    stage.facts([
      ["n I(θ)", format(total, 4), "ink"],
      ["mean curvature −ℓ″", format(mean(bends), 4), "likelihood"],
      ["variance of the score", format(variance(slopes), 4), "slope"],
      ["1 / variance of the estimates", format(1 / sd ** 2, 4), "model"],
      ["their standard deviation", format(sd, 3), "model"],
    ]);
    if (n === more) {
      const grown = `From n = ${fewer} to n = ${more} the curvature grows from ${format(before, 3)} to ${format(total, 3)}, times ${format(more / fewer, 2)}; you said ${fixed(sharper, 1)}. The standard error falls from ${format(1 / Math.sqrt(before), 3)} to ${format(se, 3)}: divided by ${format(Math.sqrt(more / fewer), 2)}; you said ${fixed(closer, 1)}.`;
      return stage.note(grown, grown);
    }
    stage.note(
      `Theory says n I = ${format(total, 3)}: sharper curves, more spread-out scores, and estimates that lie closer together, with standard error 1/√(n I) = ${format(se, 3)}. The variances come from ${replicates} samples and carry an error of about 4 % of chance; that of the estimates agrees for large n.`,
      `n ${n}, information ${format(total, 3)}, variance of the score ${format(variance(slopes), 3)}, one over the variance of the estimates ${format(1 / variance(estimates), 3)}`,
    );
  });
});

// Bars of a sample with the normal curve that theory gives it.
function histogram(panel, xs, centre, sd, role, { title, label, domain: [low, high], lattice, ghost = null }) {
  let width = (high - low) / 40;
  let first = low;
  if (lattice) {
    width = lattice.gap * Math.max(1, Math.round(width / lattice.gap));
    first = lattice.origin - 0.5 * lattice.gap;
    first += width * Math.floor((low - first) / width);
  }
  const counts = new Array(Math.ceil((high - first) / width)).fill(0);
  for (const x of xs) {
    const k = Math.floor((x - first) / width);
    if (k >= 0 && k < counts.length) counts[k]++;
  }
  const density = counts.map((c) => c / (xs.length * width));
  const bell = (t, width) => Math.exp(-0.5 * ((t - centre) / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
  const peak = Math.max(bell(centre, sd), ghost ? bell(centre, ghost) : 0);
  panel.frame({ title, x: { domain: [low, high], label }, y: { domain: [0, 1.2 * Math.max(peak, ...density)], ticks: [] } });
  panel.bars(counts.map((_, k) => first + (k + 0.5) * width), density, role, { width: 0.94 * width, opacity: 0.5 });
  const grid = linspace(low, high, 161);
  panel.curve(grid, grid.map((t) => bell(t, sd)), "ink", { dash: "6 4", width: 1.8 });
  if (ghost) panel.curve(grid, grid.map((t) => bell(t, ghost)), "muted", { dash: "2 3", width: 2.4 });
  panel.rule("x", centre, "muted", { dash: "2 4" });
}

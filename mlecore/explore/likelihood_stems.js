// Chapter 2: take hold of the data, or of the parameter, and watch the product of the stems.
import { bernoulliLogPmf, exponentialLogPdf, mean, normalLogPdf, sum, variance } from "./formulas.js";
import { clamp, define, extent, fixed, format, formatPower, linspace, range, superscript } from "./kernel.js";

// What a family gives: its one parameter on show, with its range; log f(x; parameter); where the data may go.
const stemFamilies = {
  Normal: (x) => {
    const [low, high] = extent(x, 0.5);
    return {
      symbol: "μ", name: "Mean μ", range: [low, high], data: [low, high], discrete: false,
      log: (v, mu, { sigma }) => normalLogPdf(v, mu, sigma),
      best: (xs) => ({ theta: mean(xs), sigma: Math.max(0.02 * (high - low), Math.sqrt(variance(xs))) }),
      at: (mu) => mu,
    };
  },
  Exponential: (x) => {
    const high = 1.3 * Math.max(...x);
    return {
      symbol: "λ", name: "Rate λ", range: [0.15 / mean(x), 3.5 / mean(x)], data: [0, high], discrete: false,
      log: (v, rate) => exponentialLogPdf(v, rate),
      best: (xs) => ({ theta: 1 / mean(xs) }),
      at: (rate) => 1 / rate,
    };
  },
  Bernoulli: () => ({
    symbol: "p", name: "Probability p of heads", range: [0.001, 0.999], data: [-0.6, 1.6], discrete: true,
    log: (v, p) => bernoulliLogPmf(v, p),
    best: (xs) => ({ theta: clamp(mean(xs), 0.001, 0.999) }),
    at: (p) => p,
  }),
};

define("likelihood_stems", "The likelihood as a product of stems", (stage, { x, family }) => {
  const model = stemFamilies[family](x);
  const { symbol, discrete } = model;
  const [low, high] = model.range;
  const best = model.best(x);
  const grid = linspace(low, high, 301);
  const axis = linspace(...model.data, 241);
  const moving = (state) => state.mode === "parameter";
  const logLikelihood = (xs, theta, state) => sum(xs.map((v) => model.log(v, theta, state)));

  stage.choice("mode", { label: "What moves?", options: [["parameter", "the parameter"], ["data", "the data"]] });
  stage.slider("theta", {
    label: model.name, min: low, max: high, step: (high - low) / 1000, when: moving,
    format: (v) => format(v, 3), say: (v) => `${symbol} ${format(v, 3)}`,
  });
  if (family === "Normal")
    stage.slider("sigma", {
      label: "Spread σ", min: 0.25 * best.sigma, max: 4 * best.sigma, log: true, when: moving,
      format: (v) => format(v, 3), say: (v) => `sigma ${format(v, 3)}`,
    });
  stage.button("Go to the maximum", (state) => stage.glide({ ...model.best(state.x), shown: true }), { when: moving });

  const left = stage.panel({ label: "The model with one stem for each observation", height: 270 });
  const right = stage.panel({ label: `The likelihood as a function of ${symbol}`, height: 270 });

  // Equal observations stand side by side, so that each has a stem of its own.
  const places = (xs) => {
    const alike = (v) => xs.filter((u) => u === v).length;
    const width = discrete ? 0.85 / Math.max(alike(0), alike(1), 8) : 0.012 * (model.data[1] - model.data[0]);
    const seen = new Map();
    return xs.map((v) => {
      const place = seen.get(v) ?? 0;
      seen.set(v, place + 1);
      return v + (place - (alike(v) - 1) / 2) * width;
    });
  };

  const start = family === "Normal" ? { theta: low + 0.3 * (high - low), sigma: best.sigma } : { theta: discrete ? 0.4 : 2 * best.theta };
  const reference = Math.max(...grid.map((t) => logLikelihood(x, t, { ...start, ...best })));

  stage.begin({ mode: "parameter", shown: false, x, ...start }, (state) => {
    const { theta } = state;
    const xs = state.x;
    const at = places(xs);
    const heights = xs.map((v) => Math.exp(model.log(v, theta, state)));
    const total = logLikelihood(xs, theta, state);
    const curve = grid.map((t) => logLikelihood(xs, t, state));
    const top = Math.max(reference, ...curve, total);
    // One power of ten for the axis, since a product of many densities is rarely near one.
    const power = Math.floor(top / Math.LN10);
    const scaled = (l) => Math.exp(l - power * Math.LN10);
    const density = discrete ? [] : axis.map((v) => Math.exp(model.log(v, theta, state)));
    const tallest = discrete ? 1 : Math.max(...density, Math.exp(model.log(model.best(x).theta, best.theta, { ...state, ...best })));

    left.frame({
      title: discrete ? "One stem for each toss" : "One stem for each observation",
      x: { domain: model.data, label: discrete ? "toss" : "x", ticks: discrete ? [[0, "0 (tails)"], [1, "1 (heads)"]] : undefined },
      y: { domain: [0, 1.12 * tallest], label: discrete ? `probability f(x; ${symbol})` : `density f(x; ${symbol})` },
    });
    if (!discrete) left.curve(axis, density, "model");
    left.stems(at, heights, "data", { width: discrete ? 2.5 : 1.8 });
    left.dots(at, heights, "data", { radius: discrete ? 3 : 2.5 });
    if (moving(state)) {
      const x0 = model.at(theta);
      if (!discrete) {
        const peak = family === "Normal" ? Math.exp(model.log(theta, theta, state)) : Math.exp(model.log(x0, theta, state));
        left.handle("parameter", {
          x: x0, y: peak, role: "model", step: [(model.data[1] - model.data[0]) / 200, 0],
          label: family === "Normal" ? "Mean of the model" : "Mean 1/λ of the model", text: `${symbol} ${format(theta, 3)}`,
          move: (v) => stage.change({ theta: clamp(family === "Normal" ? v : 1 / Math.max(v, 1e-9), low, high) }),
        });
      }
    } else {
      xs.forEach((v, i) =>
        left.handle(`x${i}`, {
          x: at[i], y: 0, role: "data", group: "data", radius: discrete ? 5 : 7, step: [discrete ? 1 : (model.data[1] - model.data[0]) / 100, 0],
          label: `Observation ${i + 1} of ${xs.length}`,
          text: discrete ? (v ? "heads" : "tails") : `${format(v, 3)}, stem ${format(heights[i], 3)}`,
          move: (to) => stage.change({ x: xs.map((u, j) => (j === i ? (discrete ? Number(to > 0.5) : clamp(to - at[i] + v, ...model.data)) : u)) }),
        }),
      );
    }

    right.frame({
      title: `The likelihood L(${symbol})`,
      x: { domain: [low, high], label: `parameter ${symbol}` },
      y: { domain: [0, 1.12 * scaled(top)], label: power === 0 ? `L(${symbol})` : `L(${symbol}), in 10${superscript(power)}` },
    });
    right.curve(grid, curve.map(scaled), "likelihood", moving(state) ? {} : { opacity: 0.8 });
    if (state.shown) {
      const place = model.best(xs).theta;
      right.rule("x", place, "muted", { dash: "2 3" });
      right.text(place, 1.12 * scaled(top), `${symbol}̂ = ${format(place)}`, "ink", { dx: 6, dy: 14 });
    }
    right.segment([theta, 0], [theta, scaled(total)], "model", { dash: "4 4" });
    if (moving(state))
      right.handle("theta", {
        x: theta, y: scaled(total), step: [(high - low) / 200, 0], label: `Parameter ${symbol} on the likelihood`,
        text: `${format(theta, 3)}, likelihood ${formatPower(total / Math.LN10)}`,
        move: (v) => stage.change({ theta: clamp(v, low, high) }),
      });
    else right.dots([theta], [scaled(total)], "model", { radius: 5 });

    const ones = sum(xs);
    const factors = discrete
      ? `${format(theta, 3)}${superscript(ones)} × ${format(1 - theta, 3)}${superscript(xs.length - ones)}`
      : xs.length <= 6 ? heights.map((h) => format(h, 3)).join(" × ") : `${xs.length} stems`;
    stage.facts([
      [`${symbol}`, format(theta, 4), "model"],
      ["product of the stems", `${factors} = ${formatPower(total / Math.LN10, 4)}`, "data"],
      ["log of the product", format(total, 4), "likelihood"],
    ]);
    stage.note(
      moving(state)
        ? `The data stay, ${symbol} moves: you walk along one curve, the likelihood. Its area need not be 1, and it is not a probability of ${symbol}.`
        : discrete
          ? `The parameter stays at ${format(theta, 3)}, the data move: drag a toss to the other side. Each data set brings a likelihood of its own; the marked height is the probability of exactly these tosses.`
          : `The parameter stays at ${format(theta, 3)}, the data move: drag any point on the axis. Each data set brings a likelihood of its own; the marked height is the joint density of these data.`,
      `${symbol} ${format(theta, 3)}, product of the stems ${formatPower(total / Math.LN10)}`,
    );
  });
});

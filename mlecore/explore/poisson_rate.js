// Chapter 1: slide the rate of a Poisson over bars of counts.
import { poissonLogPmf, sum } from "./formulas.js";
import { clamp, define, fixed, format, grouped, linspace, percent, range } from "./kernel.js";

define("poisson_rate", "Poisson rate over bars of counts", (stage, { frequencies }) => {
  const n = sum(frequencies);
  const best = sum(frequencies.map((f, v) => f * v)) / n;
  const terms = (rate) => frequencies.map((f, v) => (f ? f * poissonLogPmf(v, rate) : 0));
  const logLikelihood = (rate) => sum(terms(rate));
  const top = logLikelihood(best);
  const spread = Math.sqrt(best);
  const low = Math.max(0.2 * best, best - 1.6 * spread);
  const high = best + 1.6 * spread;
  const last = Math.max(frequencies.length - 1, Math.ceil(high + 2 * Math.sqrt(high)));
  const values = range(last + 1);
  const tallest = Math.max(...frequencies, ...values.map((v) => n * Math.exp(poissonLogPmf(v, best))));
  // The reader's trail is kept on this grid.
  const grid = linspace(low, high, 241);
  const curve = grid.map(logLikelihood);

  stage.slider("rate", {
    label: "Rate λ", min: low, max: high, step: 0.001,
    format: (v) => fixed(v, 3), say: (v) => `${fixed(v, 3)} counts an interval`,
  });
  stage.toggle("curve", { label: "Show the whole curve" });
  stage.button("Check my guess", ({ rate }) => stage.set({ guess: rate }));
  stage.button("Go to the maximum", () => stage.glide({ rate: best, curve: true, guess: best }));

  const bars = stage.panel({ label: "Counts observed, as bars, and expected, as points, for each value", height: 280 });
  const line = stage.panel({ label: "Log-likelihood over the rate", height: 280 });

  const verdict = ({ rate, guess }) => {
    if (guess === null || guess !== rate) return "";
    const miss = rate - best;
    const cost = top - logLikelihood(rate);
    if (Math.abs(miss) < 0.0015) return `This is the top: the maximum is at ${format(best)}, the mean of the counts.`;
    return `The maximum is at ${format(best)}, the mean of the counts: your ${fixed(rate, 3)} is ${format(Math.abs(miss), 2)} too ${miss > 0 ? "high" : "low"} and costs ${format(cost, 3)} of log-likelihood.`;
  };

  const about = (v, rate) => {
    const f = frequencies[v] ?? 0;
    const share = f ? f * poissonLogPmf(v, rate) : 0;
    const expected = fixed(n * Math.exp(poissonLogPmf(v, rate)), 1);
    return `Value ${v}: seen ${grouped(f)} times, expected ${expected}. Its term is ${grouped(f)} × log f(${v}; λ) = ${fixed(share, 1)}, ${percent(share / logLikelihood(rate))} of the sum.`;
  };

  stage.begin({ rate: best + 0.8 * spread, curve: false, guess: null, bar: -1, trail: [] }, (state) => {
    const { rate, bar } = state;
    const here = logLikelihood(rate);
    const expected = values.map((v) => n * Math.exp(poissonLogPmf(v, rate)));

    bars.frame({
      title: "The data and the model",
      x: { domain: [-0.7, last + 0.7], label: "count in an interval", ticks: values.filter((v) => v % Math.ceil(last / 12) === 0).map((v) => [v, String(v)]) },
      y: { domain: [0, 1.25 * tallest], label: "intervals" },
    });
    bars.bars(range(frequencies.length), frequencies, "data", { selected: bar });
    bars.curve(values, expected, "model", { width: 1.2, dash: "2 4" });
    bars.dots(values, expected, "model", { radius: 4 });
    bars.text(last + 0.6, 1.25 * tallest, "bars: observed", "data", { anchor: "end", dy: 18 });
    bars.text(last + 0.6, 1.25 * tallest, "points: expected", "model", { anchor: "end", dy: 36 });
    bars.targets("Bars, one for each count", values.map((v) => ({ x0: v - 0.5, x1: v + 0.5, label: about(v, rate) })), bar, (v) => {
      if (v !== stage.state.bar) stage.set({ bar: v });
    });

    const floor = Math.min(curve[0], curve[240]);
    line.frame({
      title: "The log-likelihood ℓ(λ)",
      x: { domain: [low, high], label: "rate λ" },
      y: { domain: [floor - 0.04 * (top - floor), top + 0.12 * (top - floor)] },
    });
    if (state.curve) line.curve(grid, curve, "likelihood");
    else line.dots(state.trail.map((i) => grid[i]), state.trail.map((i) => curve[i]), "likelihood", { radius: 1.8 });
    line.segment([rate, floor], [rate, here], "model", { dash: "4 4" });
    if (state.guess !== null) {
      line.rule("x", best, "muted", { dash: "2 3" });
      line.rule("x", state.guess, "model", { dash: "1 4" });
      line.text(best, floor, `λ̂ = ${format(best)}`, "ink", { dx: 6, dy: -8 });
    }
    line.handle("rate", {
      x: rate, y: here, role: "model", step: [0.01, 0], label: "Rate λ on the log-likelihood curve",
      text: `${fixed(rate, 3)}, log-likelihood ${fixed(here, 1)}`,
      move: (x) => stage.change({ rate: clamp(x, low, high) }),
    });

    stage.facts([
      ["rate λ", fixed(rate, 3), "model"],
      ["log-likelihood ℓ(λ)", fixed(here, 2), "likelihood"],
      ...(bar >= 0 ? [[`term of value ${bar}`, fixed(terms(rate)[bar] ?? 0, 2), "data"]] : []),
    ]);
    stage.note(
      verdict(state) || (bar >= 0 ? about(bar, rate) : "Slide the rate until the points sit on the bars; your trail in the other panel is the log-likelihood. Then check your guess. Point at a bar to see what it adds to the log-likelihood."),
      verdict(state) || `Rate ${fixed(rate, 3)}, log-likelihood ${fixed(here, 1)}`,
    );
  }, ({ rate, trail }) => {
    const place = Math.round((240 * (rate - low)) / (high - low));
    return trail.includes(place) ? {} : { trail: [...trail, place] };
  });
});

// Chapter 14: slide the shape of a Gamma and compare maximum likelihood with the method of moments.
import { gammaMle, gammaShapeVarianceMle, gammaShapeVarianceMoments, generator, mean } from "./formulas.js";
import { clamp, define, fixed, format, logspace, percent, range } from "./kernel.js";

define("gamma_efficiency", "Maximum likelihood against moments for a Gamma", (stage) => {
  const replicates = 400;
  const [least, most] = [0.1, 30];
  const grid = logspace(least, most, 161);
  const efficiency = (shape) => gammaShapeVarianceMle(shape) / gammaShapeVarianceMoments(shape);
  const curve = grid.map(efficiency);
  // Where moments keep half; the efficiency rises with the shape.
  let [less, half] = [least, most];
  for (let i = 0; i < 60; i++) {
    const middle = Math.sqrt(less * half);
    if (efficiency(middle) < 0.5) less = middle;
    else half = middle;
  }

  const kept = {};
  // The two estimates of the shape from each of many samples; the same seed for every shape, so that sliding is smooth.
  const simulate = (shape, n, seed) => {
    const key = `${shape} ${n} ${seed}`;
    if (kept.key === key) return kept;
    const random = generator(seed);
    const [mle, moments] = [new Float64Array(replicates), new Float64Array(replicates)];
    for (let r = 0; r < replicates; r++) {
      let [total, logs, squares] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        const x = random.gamma(shape);
        total += x;
        squares += x * x;
        logs += Math.log(x);
      }
      const m = total / n;
      mle[r] = gammaMle({ n, mean: m, meanLog: logs / n }).shape;
      moments[r] = (m * m) / (squares / n - m * m);
    }
    return Object.assign(kept, { key, mle, moments });
  };

  stage.slider("shape", { label: "Shape", min: least, max: most, log: true, format: (v) => format(v, 3), say: (v) => `shape ${format(v, 3)}` });
  stage.slider("n", { label: "Sample size n", min: 10, max: 200, step: 1, format: (v) => String(Math.round(v)), say: (v) => `n = ${Math.round(v)}` });
  stage.button("Check my guess", ({ shape }) => stage.set({ guess: shape }));
  stage.button("New samples", ({ seed }) => stage.change({ seed: seed + 1 }));

  const left = stage.panel({ label: "Large-sample efficiency of the moments estimator of the shape, against the shape", height: 280 });
  const right = stage.panel({ label: `Both estimates of the shape in ${replicates} samples`, height: 280 });

  stage.begin({ shape: 0.4, n: 50, seed: 1, guess: null }, (state) => {
    const { shape, guess } = state;
    const asked = guess === null;
    const n = Math.round(state.n);
    const share = efficiency(shape);
    const { mle, moments } = simulate(shape, n, state.seed);

    left.frame({
      title: asked ? "Efficiency of moments: first your guess" : "Efficiency of moments, large n",
      x: { domain: [least, most], log: true, label: "shape", ticks: [0.1, 0.3, 1, 3, 10, 30].map((v) => [v, String(v)]) },
      y: { domain: [0, 1.08], label: "efficiency" },
    });
    left.rule("y", 1, "likelihood", { dash: "5 4" });
    // On the left, where the curve of moments is far below.
    left.text(least, 1, "maximum likelihood: 1", "likelihood", { dx: 4, dy: 16 });
    // Until the guess is checked the handle runs along one half, and nothing tells the efficiency.
    const height = asked ? 0.5 : share;
    if (asked) {
      left.rule("y", 0.5, "slope", { dash: "2 3" });
      left.text(most, 0.5, "half is kept: at which shape?", "slope", { anchor: "end", dy: -6 });
      left.text(most, 0.25, "hidden until you have checked a guess", "muted", { anchor: "end" });
    } else {
      left.curve(grid, curve, "slope", { width: 2.6 });
      left.guess("x", guess);
    }
    left.segment([shape, 0], [shape, height], "model", { dash: "4 4" });
    left.handle("shape", {
      x: shape, y: height, step: [shape * 0.05, 0], label: asked ? "Your guess: the shape at which moments keep half" : "Shape on the efficiency curve",
      text: `shape ${format(shape, 3)}${asked ? "" : `, efficiency ${percent(share)}`}`,
      move: (v) => stage.change({ shape: clamp(v, least, most) }),
    });

    // The window is the larger asymptotic spread, never below zero.
    const sd = Math.sqrt(gammaShapeVarianceMoments(shape) / n);
    const [low, high] = [Math.max(0, shape - 3 * sd), shape + 4.5 * sd];
    const cells = 45;
    const width = (high - low) / cells;
    const counts = (xs) => {
      const bins = new Array(cells).fill(0);
      for (const x of xs) if (x >= low && x < high) bins[Math.floor((x - low) / width)]++;
      return bins;
    };
    const [a, b] = [counts(mle), counts(moments)];
    // Room above the bars for the words, which the line of the truth stays out of.
    const tallest = Math.max(...a, ...b);
    right.frame({ title: `Both estimates at n = ${n}`, x: { domain: [low, high], label: "estimated shape" }, y: { domain: [0, 1.4 * tallest], label: `samples of ${replicates}` } });
    const centres = range(cells).map((k) => low + (k + 0.5) * width);
    const steps = (bins) => [bins.flatMap((_, k) => [low + k * width, low + (k + 1) * width]), bins.flatMap((c) => [c, c])];
    right.bars(centres, a, "likelihood", { width, opacity: 0.35 });
    right.curve(...steps(a), "likelihood", { width: 1.6 });
    right.curve(...steps(b), "slope", { width: 1.8, dash: "5 3" });
    right.segment([shape, 0], [shape, 1.08 * tallest], "model", { width: 1.6 });
    right.text(shape, 1.08 * tallest, "truth", "model", { dx: 5, dy: 8 });
    right.text(high, 1.4 * tallest, "filled: maximum likelihood", "likelihood", { anchor: "end", dx: -2, dy: 15 });
    right.text(high, 1.4 * tallest, "dashed: moments", "slope", { anchor: "end", dx: -2, dy: 32 });

    const errors = (xs) => Float64Array.from(xs, (x) => (x - shape) ** 2);
    const [ea, eb] = [errors(mle), errors(moments)];
    const [ma, mb] = [mean(ea), mean(eb)];
    const ratio = ma / mb;
    // The error of a ratio of means over paired samples, by the delta method.
    const noise = Math.sqrt(mean(range(replicates).map((r) => (ea[r] - ratio * eb[r]) ** 2)) / replicates) / mb;
    stage.facts([
      ["shape", format(shape, 3), "model"],
      ...(asked ? [] : [
        ["efficiency for large n", format(share, 3), "slope"],
        [`ratio of mean squared errors at n = ${n}`, `${format(ratio, 2)} ± ${format(noise, 1)}`, "accent"],
        ["root mean squared error: MLE", format(Math.sqrt(ma), 3), "likelihood"],
        ["moments", format(Math.sqrt(mb), 3), "slope"],
      ]),
    ]);
    if (asked) return stage.note("Drag the shape to where you think the moments keep half of the information: their heap is then wider by the root of 2. Then check your guess.", `shape ${format(shape, 3)}`);
    const judged = shape === guess ? `Half is kept at shape ${format(half, 3)}; at your guess, ${format(guess, 3)}, it is ${percent(efficiency(guess), 0)}. ` : "";
    stage.note(
      `${judged}At shape ${format(shape, 3)} the method of moments keeps ${percent(share, 0)} of the information when n is large: ${share < 0.995 ? `it needs ${fixed(1 / share, share > 0.9 ? 2 : 1)} times as many observations for the same standard error` : "next to nothing is lost"}. Both estimators lean to the right of the truth in small samples.`,
      `${judged}shape ${format(shape, 3)}, efficiency ${percent(share, 0)}, ratio of errors at n ${n}: ${format(ratio, 2)}`,
    );
  });
});

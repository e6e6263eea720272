// Chapter 9: move the data with their sum held, and see for which families the likelihood stays.
import { cauchyLocationMle, cauchyLogPdf, laplaceLogPdf, mean, median, normalLogPdf, sum, xlogy } from "./formulas.js";
import { clamp, define, fixed, linspace, range } from "./kernel.js";

// A family with one free dial: its log-likelihood, up to a part that the dial does not touch, and the top.
const spread = 2;
const total = (log) => (xs, theta) => sum(xs.map((x) => log(x, theta)));
const oneDial = {
  poisson: { words: "Poisson", symbol: "λ", whole: true, log: (xs, rate) => xlogy(sum(xs), rate) - xs.length * rate, top: mean },
  normal: { words: "Normal, σ = 2", symbol: "μ", log: total((x, m) => normalLogPdf(x, m, spread)), top: mean },
  laplace: { words: "Laplace, s = 2", symbol: "m", log: total((x, m) => laplaceLogPdf(x, m, spread)), top: median },
  cauchy: {
    words: "Cauchy, s = 2", symbol: "θ", log: total((x, m) => cauchyLogPdf(x, m, spread)),
    top: (xs) => spread * cauchyLocationMle(xs.map((x) => x / spread)),
  },
};

define("sufficient_statistic", "Move the data, the sum held", (stage, { x, most }) => {
  const n = x.length;
  const rows = range(n).map((i) => n - i);
  const grid = linspace(most / 240, most, 240);
  // Where the guess begins: not at the answer.
  const start = most / 4;
  // The curve with its top at zero: what its height says is left out, and its shape kept.
  const shape = ({ log, top }, xs) => {
    const height = log(xs, top(xs));
    return grid.map((theta) => log(xs, theta) - height);
  };

  // Put observation i at a value. With the sum held the others give way: whole counts one by one, those that
  // have most (or least) first, others in equal shares.
  const moved = ({ x: xs, family, hold }, i, value) => {
    const { whole } = oneDial[family];
    let change = clamp(whole ? Math.round(value) : value, 0, most) - xs[i];
    if (!hold) return xs.map((v, j) => (j === i ? v + change : v));
    const others = xs.filter((_, j) => j !== i);
    if (!whole) {
      const room = change > 0 ? Math.min(...others) : Math.max(...others) - most;
      change = change > 0 ? Math.min(change, (n - 1) * room) : Math.max(change, (n - 1) * room);
      return xs.map((v, j) => clamp(j === i ? v + change : v - change / (n - 1), 0, most));
    }
    const next = [...xs];
    for (const way = Math.sign(change); next[i] !== xs[i] + change; next[i] += way) {
      const value = way > 0 ? Math.max(...others) : Math.min(...others);
      if (way > 0 ? value === 0 : value === most) break;
      others[others.indexOf(value)] -= way;
      next[next.findIndex((v, j) => j !== i && v === value)] -= way;
    }
    return next;
  };

  stage.choice("family", {
    label: "Family", options: Object.entries(oneDial).map(([key, { words }]) => [key, words]),
    change: () => ({ x, kept: x, shown: false, guess: null, place: start }),
  });
  stage.toggle("hold", { label: "hold the sum" });
  stage.slider("place", {
    label: "My guess: the top stands at", min: 0, max: most, step: most / 240, format: (v) => fixed(v, 2), say: (v) => `guess ${fixed(v, 2)}`,
  });
  stage.button("Show the likelihood", () => stage.change({ shown: true }), { when: ({ shown }) => !shown });
  stage.button("Keep this curve as the ghost", ({ x: xs }) => stage.change({ kept: xs }), { when: ({ shown, x: xs, kept }) => shown && xs !== kept });

  const left = stage.panel({ label: "The observations, one a row", height: 270 });
  const right = stage.panel({ label: "The log-likelihood over the parameter, its top at zero", height: 270 });

  stage.begin({ family: "poisson", hold: true, x, kept: x, shown: false, guess: null, place: start }, (state) => {
    const { family, hold, x: xs, shown, guess } = state;
    const model = oneDial[family];
    const { symbol } = model;
    const before = shape(model, state.kept);
    const now = shape(model, xs);
    const top = model.top(xs);
    // Far below the top the curve is of no account; there it may be infinite as well.
    const change = Math.max(...now.map((v, i) => (Math.max(v, before[i]) > -6 ? Math.abs(v - before[i]) : 0)));

    left.frame({
      title: hold ? "Drag a dot: the others keep the sum" : "Drag a dot: the others stay",
      x: { domain: [-0.4, most + 0.4], label: model.whole ? "count" : "x" }, y: { domain: [0.2, n + 0.8], ticks: rows.map((row, i) => [row, String(i + 1)]), label: "observation" },
    });
    left.rule("x", mean(xs), hold ? "ink" : "muted", { dash: "6 4" });
    left.text(mean(xs), n + 0.8, "mean", "ink", { dx: 5, dy: 12 });
    left.dots(state.kept, rows, "muted", { radius: 4, hollow: true });
    xs.forEach((v, i) =>
      left.handle(`x${i}`, {
        x: v, y: rows[i], role: "data", group: "data", step: [model.whole ? 1 : most / 60, 0], label: `Observation ${i + 1} of ${n}`,
        text: model.whole ? String(v) : fixed(v, 2), move: (to) => stage.change({ x: moved(state, i, to) }),
      }),
    );

    right.frame({
      title: shown ? "The log-likelihood, and its ghost" : "The log-likelihood as it was",
      x: { domain: [0, most], label: symbol }, y: { domain: [-6, 0.6], ticks: [-6, -4, -2, 0].map((v) => [v, fixed(v, 0)]), label: `ℓ(${symbol}) − its top` },
    });
    right.curve(grid, before, "muted", { dash: "5 4", width: shown ? 4 : 2.2, opacity: shown ? 0.6 : 1 });
    if (shown) {
      right.curve(grid, now, "likelihood");
      right.dots([top], [0], "model", { radius: 5 });
    }
    if (guess !== null) {
      right.rule("x", guess, "accent", { dash: "2 4" });
      right.text(guess, -6, "my guess", "accent", { dx: 5, dy: -8 });
    }

    const secret = "guess, then look";
    stage.facts([
      ["sum", model.whole ? String(sum(xs)) : fixed(sum(xs), 2), "data"],
      ["sum of squares", model.whole ? String(sum(xs.map((v) => v * v))) : fixed(sum(xs.map((v) => v * v)), 1), "data"],
      ["top", shown ? fixed(top, 2) : secret, "model"],
      ["greatest change of the curve", shown ? fixed(change, 2) : secret, "likelihood"],
    ]);
    stage.note(words(state, model, change, top), shown ? `top ${fixed(top, 2)}, the curve has changed by ${fixed(change, 2)} at most` : "the likelihood is hidden");
  }, ({ place, guess }) => (place !== (guess ?? start) ? { guess: place } : {}));

  function words({ hold, shown, x: xs, kept, guess }, { words: name }, change, top) {
    if (!shown) return "Move some dots. Has the curve moved from where it was? Set your guess for its top, then show the likelihood.";
    const missed = guess === null ? "" : `Your guess for the top missed by ${fixed(Math.abs(guess - top), 2)}. `;
    if (xs.every((v, i) => v === kept[i])) return `${missed}The dots stand where they stood for the ghost. Drag one.`;
    const same = Math.abs(sum(xs) - sum(kept)) < 1e-9;
    if (change < 0.005) return `${missed}The dots have moved${same ? ", their sum has not" : ""}, and the curve stands still.`;
    return same
      ? `${missed}The sum is the same and the curve is another: for the ${name.split(",")[0]} the sum does not suffice.`
      : `${missed}The sum has changed, and the curve with it. ${hold ? "Keep this curve as the ghost, and move on." : "Now hold the sum, keep this curve as the ghost, and drag again."}`;
  }
});

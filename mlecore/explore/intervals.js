// Chapter 12: a hundred stacked intervals for a proportion, and the exact coverage behind them.
import { generator, normalQuantile, proportionCoverage, proportionInterval } from "./formulas.js";
import { clamp, define, fixed, format, linspace, percent, range } from "./kernel.js";

const methodWords = { wald: "Wald", score: "score", lr: "likelihood ratio" };

define("intervals", "A hundred intervals and their coverage", (stage, { n: n0, p: p0 }) => {
  const largest = 100;
  const hundred = 100;
  const [promise, start] = [0.95, "wald"];
  // What the reader is asked: the coverage with half as many trials again, or with fewer where there is no room for more.
  const asked = Math.round(1.5 * n0 <= largest ? 1.5 * n0 : n0 / 1.5);
  const kept = {};
  const uniforms = (seed) => {
    if (kept.seed !== seed) {
      const random = generator(seed);
      Object.assign(kept, { seed, rows: range(hundred).map(() => Float64Array.from(range(largest), random.uniform)) });
    }
    return kept.rows;
  };
  // One interval for each possible count, and the coverage at each p of a fine grid; kept once for the curve, once for its ghost.
  const grid = linspace(0.005, 0.995, 397);
  const intervals = (method, n, level) => range(n + 1).map((x) => proportionInterval(method, x, n, normalQuantile(0.5 + level / 2)));
  const table = (place, method, n, level) => {
    const key = `${method} ${n} ${level}`;
    if (kept[place]?.key !== key) {
      const all = intervals(method, n, level);
      kept[place] = { key, all, curve: grid.map((p) => proportionCoverage(all, p)) };
    }
    return kept[place];
  };
  const [first, later] = [n0, asked].map((n) => proportionCoverage(intervals(start, n, promise), p0));

  stage.slider("p", { label: "True proportion p", min: 0.01, max: 0.99, step: 0.005, format: (v) => fixed(v, 3), say: (v) => `p = ${fixed(v, 3)}` });
  stage.slider("n", { label: "Sample size n", min: 5, max: largest, step: 1, format: (v) => String(Math.round(v)), say: (v) => `n = ${Math.round(v)}` });
  stage.choice("method", { label: "Interval", options: Object.entries(methodWords) });
  stage.choice("level", { label: "Level", options: [0.8, 0.9, 0.95, 0.99].map((v) => [v, percent(v, 0)]) });
  stage.slider("guess", { label: `My guess for Wald at n = ${asked}`, min: 0, max: 1, step: 0.001, format: (v) => fixed(v, 3), say: (v) => `guess ${percent(v)}` });
  stage.button("Check my guess", () => {
    stage.change({ method: start, level: promise, checked: true });
    stage.glide({ n: asked, p: p0 });
  });
  stage.button("New hundred", ({ seed }) => stage.change({ seed: seed + 1 }));

  stage.button("Keep this curve as the ghost", ({ n, method, level }) => stage.change({ ghost: [method, Math.round(n), level] }), {
    when: ({ n, method, level, ghost }) => ghost.join(" ") !== `${method} ${Math.round(n)} ${level}`,
  });

  const stack = stage.panel({ label: "A hundred intervals, one above the other, with the true proportion", height: 400 });
  const saw = stage.panel({ label: "The exact coverage of the interval against the true proportion", height: 400 });

  // The guess starts at what is covered now: no change.
  const before = { p: p0, n: n0, method: start, level: promise, seed: 1, guess: Math.round(1000 * first) / 1000, checked: false, ghost: [start, n0, promise] };
  stage.begin(before, (state) => {
    const { p, method, level, seed, guess, checked, ghost } = state;
    const n = Math.round(state.n);
    const { all, curve, key } = table("curve", method, n, level);
    const guessed = checked || guess !== before.guess;
    const counts = uniforms(seed).map((us) => {
      let count = 0;
      for (let i = 0; i < n; i++) count += us[i] < p;
      return count;
    });
    const holds = counts.map((x) => all[x][0] < p && p < all[x][1]);
    const hits = holds.filter(Boolean).length;
    const exact = proportionCoverage(all, p);

    stack.frame({
      title: `${hits} of ${hundred} intervals hold p`,
      x: { domain: [-0.15, 1.15], label: "proportion", ticks: [0, 0.25, 0.5, 0.75, 1].map((v) => [v, String(v)]) },
      y: { domain: [0, hundred + 1], ticks: [] },
    });
    counts.forEach((x, i) => {
      const [a, b] = all[x];
      const role = holds[i] ? "data" : "slope";
      stack.segment([a, i + 1], [b, i + 1], role, { width: holds[i] ? 1.5 : 2.2, opacity: holds[i] ? 0.55 : 1 });
      if (!holds[i]) stack.dots([x / n], [i + 1], role, { radius: 2.4 });
    });
    stack.rule("x", p, "model", { width: 2 });
    stack.text(p, hundred + 1, "truth", "model", { dx: 6, dy: 8 });

    // The axes stay where they are while p and n move; what lies below them is told in numbers.
    const least = Math.max(0, 2.6 * level - 1.7);
    saw.frame({
      title: `Exact coverage (dashed: ${percent(level, 0)})`,
      x: { domain: [0, 1], label: "true proportion p" },
      y: { domain: [least, 1.015] },
    });
    saw.rule("y", level, "muted", { dash: "5 4" });
    if (ghost.join(" ") !== key) {
      saw.curve(grid, table("ghost", ...ghost).curve, "muted", { width: 1.2, opacity: 0.6 });
      saw.text(0.5, least, `grey: ${methodWords[ghost[0]]}, n = ${ghost[1]}, ${percent(ghost[2], 0)}`, "muted", { anchor: "middle", dy: -8 });
    }
    saw.curve(grid, curve, "likelihood", { width: 1.5 });
    if (guessed) saw.guess("y", guess, `your guess for n = ${asked}`);
    saw.segment([p, least], [p, exact], "model", { dash: "4 4" });
    saw.handle("p", {
      x: p, y: exact, step: [0.005, 0], label: "True proportion on the coverage curve", text: `${fixed(p, 3)}, coverage ${percent(exact)}`,
      move: (v) => stage.change({ p: clamp(Math.round(v * 1000) / 1000, 0.01, 0.99) }),
    });

    const short = exact < level;
    stage.facts([
      ["p", fixed(p, 3), "model"],
      ["n", String(n), "accent"],
      ["this hundred", `${hits} hold p`, "data"],
      ["misses, a dot at the estimate", String(hundred - hits), "slope"],
      ["exact coverage", fixed(exact, 3), "likelihood"],
      ["promised", fixed(level, 2), "muted"],
      ...(guessed ? [[`your guess for n = ${asked}`, fixed(guess, 3), "muted"]] : []),
    ]);
    const here = method === start && level === promise && p === p0;
    const words = `At p = ${p0} Wald's interval covers ${percent(first)} with ${n0} trials`;
    const jumps = "Each count x brings one interval, so the coverage jumps wherever an interval's end passes p";
    const answer = here && n === asked && checked && `${words} and ${percent(later)} with ${asked}. Your guess was ${percent(guess)}. ${jumps}, and more trials need not raise it.`;
    const question = here && n === n0 && !checked && `${words}. What will it cover with ${asked}? Set your guess, and check it.`;
    stage.note(
      answer ||
        question ||
        `The ${methodWords[method]} interval promises ${percent(level, 0)} and covers ${percent(exact)} at p = ${fixed(p, 3)}, n = ${n}: ${short ? `${format(100 * (level - exact), 2)} points too little` : `${format(100 * (exact - level), 2)} points more than promised`}. ${jumps}.`,
      answer || `${methodWords[method]}, p ${fixed(p, 3)}, n ${n}: exact coverage ${percent(exact)}, ${hits} of this hundred hold p`,
    );
  });
});

// Chapter 12: a hundred stacked intervals for a proportion, and the exact coverage behind them.
import { generator, normalQuantile, proportionCoverage, proportionInterval } from "./formulas.js";
import { clamp, define, fixed, format, linspace, percent, range } from "./kernel.js";

const methodWords = { wald: "Wald", score: "score", lr: "likelihood ratio" };

define("intervals", "A hundred intervals and their coverage", (stage, { n: n0, p: p0 }) => {
  const largest = 100;
  const hundred = 100;
  const kept = {};
  const uniforms = (seed) => {
    if (kept.seed !== seed) {
      const random = generator(seed);
      Object.assign(kept, { seed, rows: range(hundred).map(() => Float64Array.from(range(largest), random.uniform)) });
    }
    return kept.rows;
  };
  // One interval for each possible count, and the coverage at each p of a fine grid.
  const grid = linspace(0.005, 0.995, 397);
  const table = ({ method, n, level }) => {
    const key = `${method} ${n} ${level}`;
    if (kept.key !== key) {
      const z = normalQuantile(0.5 + level / 2);
      const all = range(n + 1).map((x) => proportionInterval(method, x, n, z));
      Object.assign(kept, { key, all, curve: grid.map((p) => proportionCoverage(all, p)) });
    }
    return kept;
  };

  stage.slider("p", { label: "True proportion p", min: 0.01, max: 0.99, step: 0.005, format: (v) => fixed(v, 3), say: (v) => `p = ${fixed(v, 3)}` });
  stage.slider("n", { label: "Sample size n", min: 5, max: largest, step: 1, format: (v) => String(Math.round(v)), say: (v) => `n = ${Math.round(v)}` });
  stage.choice("method", { label: "Interval", options: Object.entries(methodWords) });
  stage.choice("level", { label: "Level", options: [0.8, 0.9, 0.95, 0.99].map((v) => [v, percent(v, 0)]) });
  stage.button("New hundred", ({ seed }) => stage.change({ seed: seed + 1 }));

  const stack = stage.panel({ label: "A hundred intervals, one above the other, with the true proportion", height: 400 });
  const saw = stage.panel({ label: "The exact coverage of the interval against the true proportion", height: 400 });

  stage.begin({ p: p0, n: n0, method: "wald", level: 0.95, seed: 1 }, (state) => {
    const { p, method, level, seed } = state;
    const n = Math.round(state.n);
    const { all, curve } = table({ method, n, level });
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

    // The axes stay where they are while p and n move; what lies below them is told in numbers.
    const least = Math.max(0, 2.6 * level - 1.7);
    saw.frame({
      title: `Exact coverage (dashed: ${percent(level, 0)})`,
      x: { domain: [0, 1], label: "true proportion p" },
      y: { domain: [least, 1.015] },
    });
    saw.rule("y", level, "muted", { dash: "5 4" });
    saw.curve(grid, curve, "likelihood", { width: 1.5 });
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
      ["exact coverage", fixed(exact, 3), "likelihood"],
      ["promised", fixed(level, 2), "muted"],
    ]);
    stage.note(
      `The ${methodWords[method]} interval promises ${percent(level, 0)} and covers ${percent(exact)} at p = ${fixed(p, 3)}, n = ${n}: ${short ? `${format(100 * (level - exact), 2)} points too little` : `${format(100 * (exact - level), 2)} points more than promised`}. Each count x brings one interval, so the coverage jumps wherever an interval's end passes p.`,
      `${methodWords[method]}, p ${fixed(p, 3)}, n ${n}: exact coverage ${percent(exact)}, ${hits} of this hundred hold p`,
    );
  });
});

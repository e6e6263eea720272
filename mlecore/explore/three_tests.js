// Chapter 13: drag the null along a log-likelihood; the distance, the drop and the slope answer, and then their p-values.
import { binomialTests, chiSquareTail, proportionInterval, xlogy } from "./formulas.js";
import { clamp, define, fixed, format, linspace } from "./kernel.js";

define("three_tests", "Three tests of a proportion on one log-likelihood", (stage, { successes, trials }) => {
  const best = successes / trials;
  const spread = Math.sqrt((best * (1 - best)) / trials);
  const thousandths = (p) => Math.round(1000 * p) / 1000;
  const [low, high] = [Math.max(0.005, best - 6 * spread), Math.min(0.995, best + 6 * spread)].map(thousandths);
  const grid = linspace(low, high, 301);
  const z = 1.959963984540054;
  const floor = -7;
  const tests = ["Wald", "likelihood ratio", "score"];
  const roles = ["model", "likelihood", "slope"];
  const drop = (p, n) => n * (xlogy(best, p / best) + xlogy(1 - best, (1 - p) / (1 - best)));
  // Below this the tail of the Normal, one minus nearly one, has lost its digits.
  const tail = (t) => (chiSquareTail(t) < 1e-4 ? "p < 0.0001" : `p = ${format(chiSquareTail(t), 3)}`);
  const move = (p) => stage.change({ p: clamp(thousandths(p), low, high) });

  stage.slider("p", { label: "Null p₀", min: low, max: high, step: 0.001, format: (v) => fixed(v, 3), say: (v) => `p = ${fixed(v, 3)}` });
  stage.choice("times", {
    label: "The same share of",
    options: [1, 4, 16].map((k) => [String(k), String(k * trials)]),
  });
  stage.button("Check my guess", ({ p, times }) => stage.set({ guess: p, of: times }));

  const line = stage.panel({ label: "The log-likelihood, with the distance, the drop and the slope at the null", height: 320 });
  const answers = stage.panel({ label: "The p-values of the three tests against the null", height: 320 });

  stage.begin({ p: thousandths(Math.max(low, best - 1.5 * spread)), times: "1", guess: null, of: null }, ({ p, times, guess, of }) => {
    const n = trials * Number(times);
    const asked = guess === null;
    const here = drop(p, n);
    const shown = Math.max(here, floor);
    const x = { domain: [low, high], label: "null p₀" };
    const end = proportionInterval("lr", best * n, n, z)[0];

    line.frame({ title: "Distance, drop and slope", x, y: { domain: [floor, 0.5], label: "log-likelihood − maximum" } });
    line.curve(grid, grid.map((q) => drop(q, n)), "ink");
    line.segment([p, shown], [best, shown], "model", { width: 3 });
    line.segment([best, shown], [best, 0], "likelihood", { width: 3 });
    const slope = (n * (best - p)) / (p * (1 - p));
    const reach = Math.min(0.16 * (high - low), 1.4 / Math.max(Math.abs(slope), 1e-9));
    if (here > floor) line.segment([p - reach, here - reach * slope], [p + reach, here + reach * slope], "slope", { width: 3, dash: "7 4" });
    const left = p < best;
    line.text((p + best) / 2, shown, "distance", "model", { anchor: "middle", dy: -6 });
    line.text(best, shown / 2, "drop", "likelihood", { anchor: left ? "start" : "end", dx: left ? 6 : -6 });
    if (here > floor) line.text(p, shown, "slope", "slope", { anchor: left ? "end" : "start", dx: left ? -14 : 14, dy: -10 });
    if (!asked) {
      line.guess("x", guess, "your guess", { anchor: "end" });
      line.rule("x", end, "likelihood", { dash: "5 4" });
    }
    line.handle("p", {
      x: p, y: shown, role: "ink", step: [0.005, 0], label: "Null on the log-likelihood", text: `p ${fixed(p, 3)}, ${fixed(here, 2)} from the top`, move,
    });

    answers.frame({
      title: asked ? "The p-values: first your guess" : "The p-values",
      x,
      y: { domain: [0.001, 1], log: true, label: "p-value", ticks: [[1, "1"], [0.3, "0.3"], [0.1, "0.1"], [0.05, "0.05"], [0.01, "0.01"], [0.001, "0.001"]] },
    });
    answers.rule("y", 0.05, "ink", { dash: "4 4" });
    const at = binomialTests(best * n, n, p);
    if (asked) answers.text((low + high) / 2, 0.2, "hidden until you have checked a guess", "muted", { anchor: "middle" });
    else {
      const all = grid.map((q) => binomialTests(best * n, n, q).map(chiSquareTail));
      const dashes = ["6 4", "", "2 3"];
      tests.forEach((_, k) => answers.curve(grid, all.map((row) => row[k]), roles[k], { dash: dashes[k] }));
      answers.rule("x", p, "muted", { width: 1 });
      tests.forEach((_, k) => answers.dots([p], [Math.max(0.001, chiSquareTail(at[k]))], roles[k], { radius: 4.5 }));
    }

    stage.facts([
      ["null p₀", fixed(p, 3), "ink"],
      ["estimate", format(best), "accent"],
      ...(asked ? [] : tests.map((name, k) => [name, `${format(at[k])}, ${tail(at[k])}`, roles[k]])),
    ]);
    const verdict = () => {
      const [w, l, s] = at.map((t) => (chiSquareTail(t) < 0.05 ? "rejects" : "does not reject"));
      const miss = Math.abs(guess - end);
      const judged = of !== times ? `Your guess was for ${trials * Number(of)}.` : miss < 0.0006 ? "Your guess is on it." : `Your guess ${fixed(guess, 3)} is ${format(miss, 2)} too ${guess < end ? "low" : "high"}.`;
      return `The likelihood ratio reaches 5 % at ${fixed(end, 3)}. ${judged} At p₀ = ${fixed(p, 3)} Wald ${w}, the likelihood ratio ${l}, the score ${s}.`;
    };
    stage.note(
      asked
        ? `${Math.round(best * n)} of ${n}. Drag the null to the left of the estimate, to where you think the likelihood-ratio test has a p-value of exactly 5 %. Then check your guess.`
        : verdict(),
      asked ? `null ${fixed(p, 3)}, ${fixed(here, 2)} from the top` : verdict(),
    );
  });
});

// Chapter 3: the product of densities dies in finite precision, the sum of their logarithms does not.
import { rounding, runningProduct } from "./formulas.js";
import { define, format, formatPower, grouped, linspace, range } from "./kernel.js";

// The smallest positive and the largest finite number of each format, as powers of ten.
const limits = {
  float64: [Math.log10(Number.MIN_VALUE), Math.log10(Number.MAX_VALUE)],
  float32: [Math.log10(2 ** -149), Math.log10(2 ** 128 - 2 ** 104)],
  float16: [Math.log10(2 ** -24), Math.log10(65504)],
};

define("underflow", "A product that dies and a sum that does not", (stage, { terms, density }) => {
  const most = terms.length;
  const kept = {};
  // Everything that depends on the precision and the unit alone: the running product and sum, and the n of death.
  const run = (precision, unit) => {
    const key = `${precision} ${unit}`;
    if (kept.key === key) return kept.run;
    const shifted = terms.map((l) => l + Math.log(unit));
    const product = runningProduct(shifted.map(Math.exp), precision);
    const death = product.findIndex((p) => p === 0 || p === Infinity);
    const round = rounding[precision];
    let exact = 0;
    const truth = shifted.map((l) => (exact += l));
    let machine = 0;
    const sums = shifted.map((l) => (machine = round(machine + round(l))));
    Object.assign(kept, { key, run: { product, death: death < 0 ? null : death + 1, truth, sums } });
    return kept.run;
  };

  // The slider and the axes reach a little beyond the death, where there is one.
  const reach = ({ precision, unit }) => {
    const { death } = run(precision, unit);
    return death === null ? most : Math.min(most, Math.ceil(2.2 * death));
  };

  stage.slider("n", { label: "Sample size n", min: 1, max: reach, step: 1, format: grouped, say: (n) => `n = ${n}` });
  stage.choice("precision", { label: "Precision", options: ["float64", "float32", "float16"].map((p) => [p, p]) });
  if (density)
    stage.slider("unit", {
      label: "Unit of measurement, times", min: 0.1, max: 100, log: true,
      format: (v) => format(v, 3), say: (v) => `unit ${format(v, 3)} times as large`,
    });
  stage.button("Check my guess", ({ n }) => stage.set({ guess: n }));
  stage.button("Go to where the product dies", ({ precision, unit }) => {
    const { death } = run(precision, unit);
    stage.glide({ n: death ?? most });
  });

  const left = stage.panel({ label: "The running product of the densities, on a logarithmic axis, against n", height: 280 });
  const right = stage.panel({ label: "The running sum of the log-densities against n", height: 280 });

  stage.begin({ n: Math.min(20, most), precision: "float64", unit: 1, guess: null, found: [] }, (state) => {
    const { precision, unit } = state;
    const far = reach(state);
    const n = Math.round(state.n);
    const { product, death, truth, sums } = run(precision, unit);
    const every = Math.max(1, Math.floor(far / 600));
    const shown = range(far).filter((i) => i % every === 0 || i === far - 1 || i + 1 === death || i + 2 === death);
    const log10 = (p) => (p === 0 ? -Infinity : Math.log10(p));
    const [least, largest] = limits[precision];
    const lines = truth.map((l) => l / Math.LN10);
    const end = lines[far - 1];
    const span = [Math.min(end, 0, least < -100 && end > least ? end : least), Math.max(end, end > largest / 2 ? largest : 0)];
    const margin = 0.06 * (span[1] - span[0] || 1);

    left.frame({
      title: "The product",
      x: { domain: [0, far], label: "n" },
      y: { domain: [span[0] - margin, span[1] + margin], label: "power of ten" },
    });
    left.curve(shown.map((i) => i + 1), shown.map((i) => lines[i]), "muted", { dash: "3 4", width: 1.4 });
    // Below the smallest number, unless that is where the axis ends.
    for (const [edge, words, dy] of [[least, `smallest ${precision}`, least > span[0] ? 14 : -6], [largest, `largest ${precision}`, -6]]) {
      if (edge < span[0] - margin || edge > span[1] + margin) continue;
      left.rule("y", edge, "slope", { dash: "5 4" });
      left.text(far, edge, words, "slope", { anchor: "end", dy });
    }
    const alive = shown.filter((i) => i < n && product[i] > 0 && product[i] < Infinity);
    left.curve([0, ...alive.map((i) => i + 1)], [0, ...alive.map((i) => log10(product[i]))], "likelihood", { width: 2.6 });
    const dead = death !== null && n >= death;
    const found = state.found.includes(`${precision} ${unit}`);
    if (state.guess !== null) {
      left.rule("x", state.guess, "muted", { dash: "2 3" });
      left.text(state.guess, span[1], "your guess", "muted", { dx: 6, dy: 12 });
    }
    left.rule("x", n, "model", { dash: "4 4" });
    if (dead) {
      const lost = lines[death - 1];
      left.dots([death], [lost], "slope", { radius: 5 });
      // On the other side of the limit's line from the words that name it.
      const under = product[death - 1] === 0;
      left.text(death, under ? least : largest, `n = ${grouped(death)}: ${under ? "0.0" : "inf"}`, "slope", { dx: 8, dy: under ? -7 : 17 });
    }
    left.handle("n", {
      x: n, y: span[0] - margin, role: "model", step: [1, 0], label: "Sample size n", text: String(n),
      move: (v) => stage.change({ n: Math.min(far, Math.max(1, Math.round(v))) }),
    });

    const finite = sums.slice(0, far).filter(Number.isFinite);
    const [bottom, ceiling] = [Math.min(0, ...finite), Math.max(0, ...finite)];
    right.frame({
      title: "The sum of the logarithms",
      x: { domain: [0, far], label: "n" },
      y: { domain: [bottom - 0.06 * (ceiling - bottom), ceiling + 0.06 * (ceiling - bottom)], label: "log-likelihood ℓ" },
    });
    right.curve(shown.map((i) => i + 1), shown.map((i) => truth[i]), "muted", { dash: "3 4", width: 1.4 });
    const walked = shown.filter((i) => i < n);
    right.curve([0, ...walked.map((i) => i + 1), n], [0, ...walked.map((i) => sums[i]), sums[n - 1]], "likelihood", { width: 2.6 });
    right.dots([n], [sums[n - 1]], "likelihood", { radius: 5 });

    const held = product[n - 1];
    stage.facts([
      ["n", grouped(n), "model"],
      ["product held", held === 0 ? "0.0" : held === Infinity ? "inf" : formatPower(log10(held), 4), dead ? "slope" : "likelihood"],
      ["true product", formatPower(lines[n - 1], 4), "muted"],
      [`sum of logs in ${precision}`, format(sums[n - 1], 5), "likelihood"],
      ["the product dies at", !found ? "find it, or guess" : death === null ? `beyond n = ${grouped(most)}` : `n = ${grouped(death)}`, "slope"],
    ]);
    const how = death !== null && product[death - 1] === 0 ? "underflows to exactly 0.0" : "overflows to inf";
    const miss = state.guess === null || death === null ? "" : state.guess === death ? " Your guess was right." : ` Your guess, ${grouped(state.guess)}, was ${grouped(Math.abs(state.guess - death))} too ${state.guess > death ? "late" : "early"}.`;
    stage.note(
      found && state.guess !== null && death !== null
        ? `In ${precision} the product ${how} at n = ${grouped(death)}.${miss}`
        : dead
        ? `In ${precision} the product ${how} at n = ${grouped(death)} and stays there. The sum of the logarithms goes on: ${format(sums[n - 1], 5)}.`
        : `In ${precision} the product still lives at n = ${grouped(n)}. Slide n, or change the precision${density ? " or the unit" : ""}, and find the n where it dies.`,
    );
  }, (state) => {
    // The place of death is told to who has passed it or guessed it, for this precision and unit.
    const { precision, unit, n, guess, found } = state;
    const key = `${precision} ${unit}`;
    const { death } = run(precision, unit);
    const now = Math.round(n);
    const told = guess === now || (death === null ? now === most : now >= death);
    return { guess: guess === null || guess === now || found.includes(key) ? guess : null, found: told && !found.includes(key) ? [...found, key] : found };
  });
});

// Chapter 7: a small network is trained in the page, step by step, and pays for points that it has not seen.
import { networkGradient, networkLogit, networkLoss } from "./formulas.js";
import { clamp, define, extent, fixed, grouped, linspace } from "./kernel.js";

define("train_network", "A network in training", (stage, { points, labels, fresh, truth, starts }) => {
  const longest = 3000;
  // The steps whose costs make the curves: each one at first, then some twenty to a factor of ten.
  const marks = [1];
  while (marks.at(-1) < longest) marks.push(Math.min(longest, Math.max(marks.at(-1) + 1, Math.round(marks.at(-1) * 1.12))));
  const sizes = Object.keys(starts);

  // A run is trained as far as somebody looks, and its marks are kept while its settings stay.
  let run = {};
  const trained = ({ hidden, rate, prior, t }) => {
    const key = [hidden, rate, prior].join();
    const m = Number(hidden);
    const decay = prior === "none" ? 0 : 1 / (points.length * Number(prior) ** 2);
    const onward = ({ theta, step }, to) => {
      for (; step < to; step++) {
        const slope = networkGradient(theta, m, points, labels);
        theta = theta.map((w, j) => w - Number(rate) * (slope[j] + decay * w));
      }
      return { theta, step, train: networkLoss(theta, m, points, labels), held: networkLoss(theta, m, fresh, truth) };
    };
    const start = { theta: Float64Array.from(starts[hidden]), step: 0 };
    if (run.key !== key) run = { key, m, seen: [] };
    for (const mark of marks.slice(run.seen.length)) if (mark <= t) run.seen.push(onward(run.seen.at(-1) ?? start, mark));
    const passed = run.seen.filter(({ step }) => step <= t);
    if (passed.at(-1).step < t) passed.push(run.here?.step === t ? run.here : (run.here = onward(passed.at(-1), t)));
    return passed;
  };

  const [across, up] = [0, 1].map((axis) => extent(points.map((x) => x[axis]), 0.12));
  const [xs, ys] = [linspace(...across, 49), linspace(...up, 41)];
  const plane = (seen) => (seen.plane ??= ys.map((y) => xs.map((x) => networkLogit(seen.theta, run.m, [x, y]))));
  const again = () => ({ t: 1 });

  stage.slider("t", { label: "Step", min: 1, max: longest, step: 1, log: true, format: (t) => grouped(Math.round(t)), say: (t) => `step ${Math.round(t)}` });
  stage.choice("hidden", { label: "Hidden units", options: sizes.map((m) => [m, m]), change: again });
  stage.choice("rate", { label: "Learning rate", options: ["0.1", "0.5", "5"].map((r) => [r, r]), change: again });
  stage.choice("prior", { label: "Prior of the weights", options: [["none", "none"], ["2", "sd 2"], ["0.5", "sd ½"]], change: again });
  stage.player({ step: ({ t }) => (t < longest ? { t: marks.find((mark) => mark > t) } : null), rewind: again, interval: 70 });

  const map = stage.panel({ label: "The training points and the curve on which the network says one half", height: 300 });
  const chart = stage.panel({ label: "Negative log-likelihood per point over the steps, for the training points and for new ones", height: 300 });

  stage.begin({ t: 1, hidden: sizes.at(-1), rate: "0.5", prior: "none", guess: null, told: false }, (state) => {
    const seen = trained(state);
    const now = seen.at(-1);

    map.frame({ title: "Label 1 filled; it says ½, faint: 0.9, 0.1", x: { domain: across, label: "first coordinate" }, y: { domain: up, label: "second coordinate" } });
    map.contours(xs, ys, plane(now), [0, Math.log(9), -Math.log(9)], "model", { width: 2.4 });
    for (const [label, hollow] of [[0, true], [1, false]]) {
      const some = points.filter((_, i) => labels[i] === label);
      map.dots(some.map((x) => x[0]), some.map((x) => x[1]), "data", { radius: 3.6, hollow });
    }

    chart.frame({
      title: "What a point costs, in nats",
      x: { domain: [0.9, 1.5 * longest], log: true, label: "step" },
      y: { domain: [0, 1], label: "mean NLL" },
    });
    const at = seen.map(({ step }) => step);
    chart.rule("y", Math.log(2), "muted", { dash: "2 4" });
    chart.text(1.5 * longest, Math.log(2), "always one half", "muted", { anchor: "end", dx: -4, dy: -6 });
    chart.curve(at, seen.map((s) => s.train), "data");
    chart.dots([now.step], [now.train], "data", { radius: 4.5 });
    chart.text(0.9, 0, "training", "data", { dx: 6, dy: -26 });
    const { told } = state;
    if (told) {
      chart.curve(at, seen.map((s) => s.held), "likelihood", { dash: "7 4" });
      chart.dots([now.step], [now.held], "likelihood", { radius: 4.5 });
      chart.text(0.9, 0, "new points (dashed)", "likelihood", { dx: 6, dy: -9 });
    }
    const guess = state.guess ?? 10;
    chart.rule("x", guess, "ink", { dash: "3 3" });
    chart.text(guess, 0.97, state.guess === null ? "drag me" : "your guess", "ink", { dx: 10 });
    chart.handle("guess", {
      x: guess, y: 0.94, role: "ink", step: [Math.max(1, Math.round(0.1 * guess)), 0], label: "Your guess: the step at which new points cost least",
      text: `step ${Math.round(guess)}`, move: (step) => stage.change({ guess: Math.round(clamp(step, 1, longest)) }),
    });

    const costs = seen.map((s) => s.held);
    const best = costs.indexOf(Math.min(...costs));
    stage.facts([
      ["step", grouped(now.step)],
      ["training points", fixed(now.train, 3), "data"],
      ...(told ? [["new points", fixed(now.held, 3), "likelihood"], ["least so far", `${fixed(costs[best], 3)} at step ${grouped(seen[best].step)}`, "muted"]] : []),
    ]);
    const risen = now.held > costs[best] + 0.005;
    stage.note(
      !told
        ? "First guess: drag the mark in the panel of costs to the step at which new points will cost least. Then press Run."
        : now.step === 1
          ? "Press Run, or Step. Then change one thing, and train again from the same first weights."
          : risen
            ? `New points cost least near step ${grouped(seen[best].step)}; ${state.guess === null ? "you made no guess" : `your guess was ${grouped(state.guess)}`}. Since then they cost ${fixed(now.held - costs[best], 3)} more, while the training points ${now.train < seen[best].train ? "go on getting cheaper" : "do not get cheaper either"}.`
            : `After ${grouped(now.step)} steps the new points cost ${fixed(now.held, 3)}, the training points ${fixed(now.train, 3)}.`,
    );
    // What new points cost is told to who has guessed, or has seen a run to its end.
  }, ({ told, guess, t }) => ({ told: told || guess !== null || t >= longest }));
});

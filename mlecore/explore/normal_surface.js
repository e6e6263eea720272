// Chapter 4: the surface over (mu, sigma), the slope along one parameter, and the Uniform's maximum on an edge.
import { mean, normalLogLikelihood, normalLogPdf, uniformLogPdf, variance } from "./formulas.js";
import { clamp, define, extent, format, linspace } from "./kernel.js";

// Each view gives two parameters a and b: names, ranges, log-likelihood, slopes, density and maximum.
function normalView(x) {
  const t = { n: x.length, mean: mean(x), variance: variance(x) };
  const s = Math.sqrt(t.variance);
  // So wide that the line where the slope along sigma is zero is seen to bend.
  const wide = 8 * (s / Math.sqrt(t.n));
  const widen = 1 + 4.2 / Math.sqrt(2 * t.n);
  return {
    names: ["μ", "σ"], words: ["Mean μ", "Spread σ"],
    // So far up that the log-likelihood of a hundred observations bends up along sigma, from sqrt(3) s on.
    ranges: [[t.mean - wide, t.mean + wide], [s / widen, s * Math.max(2.5, widen ** 1.6, 1.1 * Math.hypot(1, wide / s))]],
    start: [t.mean - 0.4 * wide, s * widen ** 1.2],
    best: [t.mean, s],
    // Where the slope along sigma is zero, sigma^2 is the mean square deviation from mu, s^2 + (mean - mu)^2.
    // A guess has the same form, and is told by its height at the edges of the picture.
    edge: Math.hypot(s, wide),
    level: (mu, edge) => Math.sqrt(Math.max(0, s ** 2 + (edge ** 2 - s ** 2) * ((mu - t.mean) / wide) ** 2)),
    log: (mu, sigma) => normalLogLikelihood(t, mu, sigma),
    slopes: [
      (mu, sigma) => (t.n * (t.mean - mu)) / sigma ** 2,
      (mu, sigma) => (t.n * (t.variance + (t.mean - mu) ** 2)) / sigma ** 3 - t.n / sigma,
    ],
    density: (v, mu, sigma) => Math.exp(normalLogPdf(v, mu, sigma)),
  };
}

function uniformView(x) {
  const [low, high] = extent(x);
  const size = high - low;
  const n = x.length;
  // The larger the sample, the sooner a wider interval is out of the question.
  const wide = size * Math.min(0.5, 8 / n);
  const possible = (a, b) => a <= low && b >= high;
  return {
    names: ["low", "high"], words: ["Lower end", "Upper end"],
    ranges: [[low - wide, low + 0.3 * wide], [high - 0.3 * wide, high + wide]],
    start: [low - 0.4 * wide, high + 0.6 * wide],
    best: [low, high],
    log: (a, b) => (possible(a, b) ? n * uniformLogPdf(low, a, b) : -Infinity),
    slopes: [
      (a, b) => (possible(a, b) ? n / (b - a) : NaN),
      (a, b) => (possible(a, b) ? -n / (b - a) : NaN),
    ],
    density: (v, a, b) => Math.exp(uniformLogPdf(v, a, b)),
  };
}

define("normal_surface", "A log-likelihood surface and its slope", (stage, { x }) => {
  const views = { normal: normalView(x), uniform: uniformView(x) };
  // Two keys for each view, so that coming back finds each as it was left.
  const keys = { normal: ["mu", "sigma"], uniform: ["low", "high"] };
  const clampTo = (view, k, v) => clamp(v, ...views[view].ranges[k]);

  stage.choice("view", { label: "Model", options: [["normal", "Normal"], ["uniform", "Uniform"]] });
  for (const view of ["normal", "uniform"]) {
    keys[view].forEach((key, k) =>
      stage.slider(key, {
        label: views[view].words[k], min: views[view].ranges[k][0], max: views[view].ranges[k][1],
        step: (views[view].ranges[k][1] - views[view].ranges[k][0]) / 2000,
        when: (state) => state.view === view, say: (v) => `${views[view].names[k]} ${format(v)}`,
      }),
    );
    stage.choice(`along_${view}`, {
      label: "Slope along", options: views[view].names.map((name, k) => [String(k), name]), when: (state) => state.view === view,
    });
  }
  stage.slider("edge", {
    label: "My guess: no slope in σ, at the edges",
    min: views.normal.ranges[1][0], max: views.normal.ranges[1][1], step: (views.normal.ranges[1][1] - views.normal.ranges[1][0]) / 200,
    format: (v) => format(v, 3), when: ({ view }) => view === "normal", say: (v) => `guess ${format(v, 3)}`,
  });
  stage.button("Check my guess", ({ edge }) => stage.change({ guess: edge }), { when: ({ view }) => view === "normal" });
  stage.button("Go to the maximum", ({ view }) => stage.glide(Object.fromEntries(keys[view].map((key, k) => [key, views[view].best[k]]))));

  const surface = stage.panel({ label: "Contours of the log-likelihood over both parameters", height: 225 });
  const density = stage.panel({ label: "The density of the model with one stem for each observation", height: 225 });
  const line = stage.panel({ label: "The log-likelihood along one parameter, with its tangent", height: 190 });
  const slope = stage.panel({ label: "The slope of the log-likelihood along the same parameter", height: 190 });

  // The surface does not move: one grid for each view serves every painting.
  const grids = {};
  for (const [name, view] of Object.entries(views)) {
    const [as, bs] = view.ranges.map(([low, high]) => linspace(low, high, 121));
    const top = view.log(...view.best);
    grids[name] = {
      as, bs, top, values: bs.map((b) => as.map((a) => view.log(a, b))),
      levels: [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6.5, 8, 10, 12].map((k) => top - (name === "normal" ? 0.5 * k * k : 1.2 * k)),
    };
  }
  const tallest = { normal: 1.25 * views.normal.density(...[views.normal.best[0], ...views.normal.best]), uniform: 1.35 * views.uniform.density(views.uniform.best[0], ...views.uniform.best) };
  const [first, last] = extent(x, 0.35);
  const axis = linspace(first, last, 241);

  const across = linspace(...views.normal.ranges[0], 81);
  const initial = { view: "normal", along_normal: "0", along_uniform: "1", edge: views.normal.best[1], drawn: false, guess: null };
  for (const view of ["normal", "uniform"]) keys[view].forEach((key, k) => (initial[key] = views[view].start[k]));

  stage.begin(initial, (state) => {
    const { view: name } = state;
    const view = views[name];
    const grid = grids[name];
    const [keyA, keyB] = keys[name];
    const here = [state[keyA], state[keyB]];
    const k = Number(state[`along_${name}`]);
    const at = view.log(...here);
    const move = (a, b) => stage.change({ [keyA]: clampTo(name, 0, a), [keyB]: clampTo(name, 1, b) });
    const steps = view.ranges.map(([low, high]) => (high - low) / 100);
    const possible = Number.isFinite(at);

    surface.frame({
      title: `ℓ(${view.names.join(", ")}): drag the point`,
      x: { domain: view.ranges[0], label: view.names[0] },
      y: { domain: view.ranges[1], label: view.names[1] },
    });
    surface.contours(grid.as, grid.bs, grid.values, grid.levels, "likelihood");
    if (name === "normal" && (state.drawn || state.guess !== null)) {
      surface.curve(across, across.map((u) => view.level(u, state.guess ?? state.edge)), "muted", { dash: "2 4", width: 1.6 });
      surface.text(view.ranges[0][0], state.guess ?? state.edge, "my guess", "muted", { dx: 4, dy: (state.guess ?? state.edge) < view.edge ? 14 : -6 });
    }
    if (name === "normal" && state.guess !== null) {
      surface.rule("x", view.best[0], "slope", { dash: "7 4" });
      surface.text(view.best[0], view.ranges[1][1], "slope along μ is 0", "slope", { dx: 6, dy: 14 });
      surface.curve(across, across.map((u) => view.level(u, view.edge)), "slope", { dash: "7 4", width: 1.6 });
      surface.text(view.ranges[0][1], view.edge, "slope along σ is 0", "slope", { anchor: "end", dx: -4, dy: state.guess > view.edge ? 16 : -8 });
    }
    if (name === "uniform") {
      const [low, high] = view.best;
      surface.segment([low, high], [low, view.ranges[1][1]], "data");
      surface.segment([low, high], [view.ranges[0][0], high], "data");
      surface.text(low, high, "likelihood 0 here", "muted", { dx: -4, dy: 18 });
    }
    surface.segment(k === 0 ? [view.ranges[0][0], here[1]] : [here[0], view.ranges[1][0]], k === 0 ? [view.ranges[0][1], here[1]] : [here[0], view.ranges[1][1]], "slope", { width: 1.2, dash: "4 4" });
    surface.surface(move);
    surface.handle("point", {
      x: here[0], y: here[1], axis: "xy", step: steps, label: `Parameters ${view.names.join(" and ")}`,
      text: `${view.names[0]} ${format(here[0])}, ${view.names[1]} ${format(here[1])}, log-likelihood ${format(at, 5)}`, move,
    });

    density.frame({
      title: "The density and its stems",
      x: { domain: [first, last], label: "x" },
      y: { domain: [0, tallest[name]], label: "density" },
    });
    const height = (v) => view.density(v, ...here);
    // The Uniform's steps are drawn at its ends, not between two points of a grid.
    if (name === "normal") density.curve(axis, axis.map(height), "model");
    else density.curve([first, here[0], here[0], here[1], here[1], last], [0, 0, 1, 1, 0, 0].map((u) => u / (here[1] - here[0])), "model");
    density.stems(x, Array.from(x, height), "data", { width: 1.4, radius: 2.5, opacity: 0.8 });

    const [low, high] = view.ranges[k];
    const us = linspace(low, high, 241);
    const along = (f) => (u) => f(...(k === 0 ? [u, here[1]] : [here[0], u]));
    const heights = us.map(along(view.log));
    const finite = heights.filter(Number.isFinite);
    // On a line of impossible parameters there is nothing to see, on axes that stay.
    const span = finite.length ? [Math.max(Math.min(...finite), grid.top - (name === "normal" ? 80 : 30)), Math.max(...finite, at)] : [grid.top - 5, grid.top];
    const room = 0.12 * (span[1] - span[0] || 1);
    const tilt = view.slopes[k](...here);
    line.frame({
      title: `ℓ along ${view.names[k]}: drag the tangent`,
      x: { domain: [low, high], label: view.names[k] },
      y: { domain: [span[0] - room, span[1] + 2 * room] },
    });
    line.curve(us, heights.map((v) => (Number.isFinite(v) ? v : NaN)), "likelihood");
    if (name === "uniform") {
      const edge = view.best[k];
      const jump = along(view.log)(edge);
      if (Number.isFinite(jump)) line.segment([edge, jump], [edge, span[0] - room], "likelihood", { dash: "2 5" });
    }
    if (possible) {
      const reach = 0.22 * (high - low);
      line.segment([here[k] - reach, at - tilt * reach], [here[k] + reach, at + tilt * reach], "slope", { dash: "7 4", width: 2 });
    }
    line.handle("tangent", {
      x: here[k], y: possible ? at : span[0] - room, role: "slope", step: [steps[k], 0], label: `${view.names[k]} on the log-likelihood`,
      text: `${format(here[k])}, slope ${format(tilt)}`,
      move: (u) => (k === 0 ? move(u, here[1]) : move(here[0], u)),
    });

    const slopes = us.map(along(view.slopes[k]));
    const seen = slopes.filter(Number.isFinite);
    const bound = seen.length ? 1.1 * Math.min(Math.max(...seen.map(Math.abs), 1e-9), 6 * Math.abs(seen[Math.floor(seen.length * 0.4)] || 1) + Math.abs(tilt || 0)) : 1;
    // Along sigma the score climbs without bound to the left; the axis shows where it is lowest instead.
    const least = Math.min(...seen);
    const heightsSeen = name === "normal" && k === 1 ? [1.3 * Math.min(least, tilt), 1.3 * Math.max(-least, tilt)] : [-bound, bound];
    slope.frame({
      title: `The score, ∂ℓ/∂${view.names[k]}`,
      x: { domain: [low, high], label: view.names[k] },
      y: { domain: heightsSeen },
    });
    slope.rule("y", 0, "ink", { width: 1.2 });
    slope.curve(us, slopes, "slope", { dash: "7 4" });
    if (possible) {
      slope.segment([here[k], 0], [here[k], tilt], "slope", { width: 1.4 });
      slope.dots([here[k]], [tilt], "slope", { radius: 5.5 });
    }

    const other = view.slopes[1 - k](...here);
    // What rounding leaves at the top is zero to the reader.
    const score = view.slopes.map((f) => f(...here)).map((v, i) => (Math.abs(v) * (view.ranges[i][1] - view.ranges[i][0]) < 1e-9 ? 0 : v));
    const close = view.best.every((b, i) => Math.abs(here[i] - b) < 0.004 * (view.ranges[i][1] - view.ranges[i][0]));
    stage.facts([
      [view.names[0], format(here[0]), "model"],
      [view.names[1], format(here[1]), "model"],
      ["ℓ", format(at, 5), "likelihood"],
      [`score in ${view.names[0]}`, format(score[0]), "slope"],
      [`score in ${view.names[1]}`, format(score[1]), "slope"],
    ]);
    stage.note(
      name === "normal" && state.guess !== null && !close
        ? `The slope along μ is zero on a straight line. The slope along σ is zero on a curve that bends upwards and is at σ = ${format(view.edge, 3)} at the edges. ${Math.abs(state.guess / view.edge - 1) < 0.02 ? "Your guess was right." : `Your guess, ${format(state.guess, 3)}, was too ${state.guess > view.edge ? "high" : "low"}.`}`
        : name === "normal"
        ? close
          ? "Here both slopes are zero and every way leads down: this is the maximum, μ̂ the mean and σ̂ the root mean square deviation."
          : `Along ${view.names[k]} the slope is ${tilt > 0 ? "positive: move up the axis" : "negative: move down the axis"} to climb${Math.abs(other) > Math.abs(0.02 * tilt) ? "; both slopes must vanish together" : ""}.`
        : !possible
          ? "An observation lies outside the interval, so the likelihood is exactly 0 and its logarithm −∞: no slope warns you."
          : close
            ? "This is the maximum: the shortest interval that holds every observation. The slope is not zero here; the maximum sits on the edge."
            : "Bring the ends closer together: the log-likelihood only rises, its slope never reaches zero, until an end meets the data.",
      `${view.names[0]} ${format(here[0])}, ${view.names[1]} ${format(here[1])}, log-likelihood ${format(at, 5)}, slope along ${view.names[k]} ${format(tilt)}`,
    );
    // A guess is drawn from the first move of its slider on, and stays beside the answer until it is moved again.
  }, ({ edge, drawn, guess }) => ({ drawn: drawn || edge !== views.normal.best[1], guess: guess === edge ? guess : null }));
});

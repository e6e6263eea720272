// Chapter 8: one Normal under two humps, fitted by forward or by reverse Kullback-Leibler divergence.
import { normalLogPdf } from "./formulas.js";
import { clamp, define, fixed, format, linspace } from "./kernel.js";

define("two_humps", "One Normal under two humps", (stage) => {
  const [share, sd] = [0.6, 0.7];
  const reach = 7;
  const axis = linspace(-reach, reach, 281);
  const cell = axis[1] - axis[0];
  const muRange = [-4.5, 4.5];
  const sigmaRange = [0.35, 4.5];
  const secret = "guess, then look";

  // log p(x), the mixture with its humps at -d/2 and d/2; the larger term leads, so that far tails keep their digits.
  const logP = (x, d) => {
    const a = Math.log(share) + normalLogPdf(x, -d / 2, sd);
    const b = Math.log(1 - share) + normalLogPdf(x, d / 2, sd);
    return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
  };
  const momentsOf = (d) => {
    const mu = (1 - 2 * share) * (d / 2);
    return { mu, sigma: Math.sqrt(sd * sd + (d * d) / 4 - mu * mu) };
  };
  // KL(P || Q): P's negative entropy by the trapezoidal rule, the cross-entropy from P's two moments.
  const negativeEntropy = (d) => axis.reduce((total, x) => total + Math.exp(logP(x, d)) * logP(x, d) * cell, 0);
  const forward = (d) => {
    const known = negativeEntropy(d);
    const { mu: m, sigma: s } = momentsOf(d);
    return (mu, sigma) => known - normalLogPdf(m, mu, sigma) + (0.5 * s * s) / sigma ** 2;
  };
  // KL(Q || P): Q's negative entropy is known, the rest by the trapezoidal rule in z, which is exact to 1e-10 for a Normal.
  const nodes = linspace(-6.5, 6.5, 53);
  const weights = nodes.map((z) => Math.exp(normalLogPdf(z, 0, 1)) * (nodes[1] - nodes[0]));
  const reverse = (d) => (mu, sigma) => {
    let cross = 0;
    for (let i = 0; i < nodes.length; i++) cross -= weights[i] * logP(mu + sigma * nodes[i], d);
    return cross - 0.5 - 0.5 * Math.log(2 * Math.PI) - Math.log(sigma);
  };

  const kept = {};
  const look = (direction, d) => {
    const key = `${direction} ${d}`;
    if (kept.key === key) return kept;
    const kl = (direction === "forward" ? forward : reverse)(d);
    const mus = linspace(...muRange, 45);
    const sigmas = linspace(...sigmaRange, 34);
    Object.assign(kept, { key, kl, mus, sigmas, values: sigmas.map((s) => mus.map((m) => -kl(m, s))) });
    return kept;
  };
  // The lowest point of the grid, then a shrinking cross around it.
  const minimum = ({ direction, d }) => {
    if (direction === "forward") return momentsOf(d);
    const { kl, mus, sigmas } = look(direction, d);
    let [mu, sigma, low] = [0, 1, Infinity];
    for (const m of mus) for (const s of sigmas) if (kl(m, s) < low) [mu, sigma, low] = [m, s, kl(m, s)];
    for (let step = 0.1; step > 1e-7; ) {
      const tries = [[mu + step, sigma], [mu - step, sigma], [mu, sigma + step], [mu, sigma - step]].filter(([, s]) => s > 0.1);
      const better = tries.find(([m, s]) => kl(m, s) < low);
      if (better) [mu, sigma, low] = [...better, kl(...better)];
      else step /= 2;
    }
    return { mu, sigma };
  };
  const inside = (mu, sigma) => ({ mu: clamp(mu, ...muRange), sigma: clamp(sigma, ...sigmaRange) });

  stage.choice("direction", { label: "Divergence", options: [["forward", "forward, KL(P‖Q)"], ["reverse", "reverse, KL(Q‖P)"]] });
  stage.slider("mu", { label: "Centre μ of Q", min: muRange[0], max: muRange[1], step: 0.01, format: (v) => fixed(v, 2), say: (v) => `mu ${fixed(v, 2)}` });
  stage.slider("sigma", { label: "Width σ of Q", min: sigmaRange[0], max: sigmaRange[1], step: 0.01, format: (v) => fixed(v, 2), say: (v) => `sigma ${fixed(v, 2)}` });
  stage.slider("d", { label: "Separation of the humps", min: 0, max: 6, step: 0.05, format: (v) => fixed(v, 2), say: (v) => `separation ${fixed(v, 2)}` });
  stage.button("Check my guess", ({ direction, mu, sigma, d, guesses }) => stage.change({ guesses: { ...guesses, [direction]: { mu, sigma, d } } }));
  stage.button("Go to the minimum", (state) => stage.glide(minimum(state)), { when: ({ direction, guesses }) => guesses[direction] !== null });

  const top = stage.panel({ label: "The two-humped density P and the Normal density Q", height: 270 });
  const map = stage.panel({ label: "Contours of the divergence over the centre and the width of Q", height: 270 });

  stage.begin({ direction: "forward", mu: 1.8, sigma: 0.9, d: 4, guesses: { forward: null, reverse: null } }, (state) => {
    const { direction, mu, sigma, d, guesses } = state;
    const { kl, mus, sigmas, values } = look(direction, d);
    const isForward = direction === "forward";
    const guess = guesses[direction];
    const p = axis.map((x) => Math.exp(logP(x, d)));
    const q = axis.map((x) => Math.exp(normalLogPdf(x, mu, sigma)));
    const height = 1.15 * Math.max(...p, 0.62);
    const peak = Math.min(height, Math.exp(normalLogPdf(mu, mu, sigma)));
    top.frame({ title: "P has two humps, Q has one", x: { domain: [-reach, reach], label: "x" }, y: { domain: [0, height], label: "density" } });
    top.area(axis, p, "data");
    top.curve(axis, p, "data");
    if (guess) top.curve(axis, axis.map((x) => Math.exp(normalLogPdf(x, guess.mu, guess.sigma))), "muted", { dash: "2 3", width: 1.6 });
    top.curve(axis, q, "model");
    top.text(-d / 2 - sd, Math.exp(logP(-d / 2 - sd, d)), "P", "data", { anchor: "end", dx: -5, dy: -4 });
    top.text(mu, peak, "Q", "model", { dx: 12, dy: -2 });
    top.handle("mu", {
      x: mu, y: peak, step: [0.05, 0], label: "Centre of Q", text: `mu ${fixed(mu, 2)}`,
      move: (m) => stage.change(inside(m, sigma)),
    });

    const move = (m, s) => stage.change(inside(m, s));
    const here = kl(mu, sigma);
    const best = minimum({ direction: "forward", d });
    map.frame({ title: isForward ? "KL(P‖Q): drag the point" : "KL(Q‖P): drag the point", x: { domain: muRange, label: "μ" }, y: { domain: sigmaRange, label: "σ" } });
    const lowest = Math.min(...values.flat().map((v) => -v));
    if (guess) map.contours(mus, sigmas, values, [0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8].map((k) => -(Math.max(lowest, 0) + k)), "likelihood");
    else map.text(0, sigmaRange[1], "hidden until you have checked a guess", "muted", { anchor: "middle", dy: 20 });
    if (guess) {
      map.dots([guess.mu], [guess.sigma], "muted", { radius: 6, hollow: true });
      map.text(guess.mu, guess.sigma, "your guess", "muted", { dx: 9, dy: 16 });
    }
    map.surface(move);
    const said = `mu ${fixed(mu, 2)}, sigma ${fixed(sigma, 2)}${guess ? `, divergence ${format(here, 3)}` : ""}`;
    map.handle("point", { x: mu, y: sigma, axis: "xy", step: [0.05, 0.05], label: "Centre and width of Q", text: said, move });

    const fwd = isForward ? here : forward(d)(mu, sigma);
    const rev = isForward ? reverse(d)(mu, sigma) : here;
    stage.facts([
      ["μ", fixed(mu, 2), "model"],
      ["σ", fixed(sigma, 2), "model"],
      ["forward KL(P‖Q)", guesses.forward ? format(Math.max(fwd, 0)) : secret, isForward ? "likelihood" : "muted"],
      ["reverse KL(Q‖P)", guesses.reverse ? format(Math.max(rev, 0)) : secret, isForward ? "muted" : "likelihood"],
    ]);
    if (!guess) {
      const [name, ratio, maker] = isForward ? ["Forward", "p/q", "P"] : ["Reverse", "q/p", "Q"];
      return stage.note(`${name}: the average of log ${ratio} over what ${maker} makes. Put Q where you think that it is least, then check your guess.`, said);
    }
    if (mu === guess.mu && sigma === guess.sigma && d === guess.d) {
      const least = minimum(state);
      const judged = `Your guess costs ${format(Math.max(here, 0), 3)}. The least is ${format(Math.max(kl(least.mu, least.sigma), 0), 3)}, at μ = ${fixed(least.mu, 2)}, σ = ${fixed(least.sigma, 2)}. Go there, pull the humps apart, and go again.`;
      return stage.note(judged, judged);
    }
    const onHump = Math.abs(Math.abs(mu) - d / 2) < 0.35 && sigma < 1.2 && d > 2;
    const covering = Math.abs(mu - best.mu) < 0.25 && Math.abs(sigma - best.sigma) < 0.25;
    stage.note(
      isForward
        ? covering
          ? "Forward: Q covers both humps. At the minimum its mean and spread are those of P; this is what maximum likelihood does with endless data."
          : onHump
            ? "Forward: the hump that Q leaves out costs dearly, for there P is large and Q next to nothing. Go to the minimum."
            : "Forward: Q pays wherever P has mass and Q has little. Move μ and σ and watch KL(P‖Q)."
        : onHump
          ? "Reverse: Q sits on one hump and pays little for ignoring the other. Where the humps stand well apart there is a second local minimum on the other hump; the better of the two is on the hump with more mass."
          : covering
            ? "Reverse: a Q that covers both pays for the empty valley between them. Go to the minimum and see it choose a hump."
            : "Reverse: Q pays wherever it has mass and P has little. Move μ and σ and watch KL(Q‖P).",
      `${isForward ? "forward" : "reverse"}, ${said}`,
    );
  });
});

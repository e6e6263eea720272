// Chapter 5: slide the logit; the probability, the loss and its slope answer, for both labels. How steep the squared
// error is, where the forecast is confident and wrong, the reader guesses before it is shown.
import { log1pexp, sigmoid } from "./formulas.js";
import { clamp, define, fixed, format, linspace } from "./kernel.js";

define("logit_loss", "Probability, loss and slope against the logit", (stage) => {
  const limit = 8;
  const grid = linspace(-limit, limit, 241);
  // -log pmf of the label y under the logit z: log(1 + exp(z)) - y z.
  const loss = (y, z) => log1pexp(y ? -z : z);
  const squared = (y, z) => (sigmoid(z) - y) ** 2;
  const squaredSlope = (y, z) => 2 * (sigmoid(z) - y) * sigmoid(z) * sigmoid(-z);
  const move = (z) => stage.change({ z: clamp(z, -limit, limit) });

  stage.slider("z", {
    label: "Logit z", min: -limit, max: limit, step: 0.01, format: (z) => fixed(z, 2), say: (z) => `logit ${fixed(z, 2)}, probability ${format(sigmoid(z), 3)}`,
  });
  stage.choice("y", { label: "Label", options: [["1", "y = 1"], ["0", "y = 0"]] });
  // The question: the label 1, and a logit that is far on the wrong side.
  const asked = -6;
  stage.slider("steep", {
    label: `My guess: slope of (p − y)² at ${fixed(asked, 0)}`, min: -1, max: 0, step: 0.01, format: (v) => fixed(v, 2), say: (v) => `guess ${fixed(v, 2)}`,
  });
  stage.toggle("compare", { label: "Compare the squared error (p − y)²", when: ({ guess }) => guess !== null });
  stage.button("Check my guess", ({ steep }) => stage.set({ guess: steep, z: asked, y: "1", compare: true }));

  stage.narrow();
  const chance = stage.panel({ label: "The probability p, the sigmoid of the logit", height: 260 });
  const bowl = stage.panel({ label: "The loss, minus the logarithm of the label's probability", height: 260 });
  const slope = stage.panel({ label: "The slope of the loss, p minus y", height: 260 });

  stage.begin({ z: -1.5, y: "1", compare: false, steep: -0.5, guess: null }, ({ z, y: label, compare, steep, guess }) => {
    const y = Number(label);
    const p = sigmoid(z);
    const given = y ? p : sigmoid(-z);
    const x = { domain: [-limit, limit], label: "logit z" };
    const hold = (panel, height, role, words) =>
      panel.handle("z", { x: z, y: height, role, step: [0.1, 0], label: words, text: `logit ${fixed(z, 2)}, ${format(height, 3)}`, move });

    chance.frame({ title: "Probability p", x, y: { domain: [0, 1.04] } });
    chance.curve(grid, grid.map(sigmoid), "model");
    chance.segment([z, y], [z, p], "data", { width: 3 });
    chance.rule("y", y, "data", { dash: "3 3" });
    chance.text(y ? -limit : limit, y, `y = ${y}`, "data", { anchor: y ? "start" : "end", dx: y ? 4 : -4, dy: y ? 16 : -6 });
    hold(chance, p, "model", "Logit on the sigmoid");

    bowl.frame({ title: `Loss −log f(${y}; p)`, x, y: { domain: [0, 8.3] } });
    if (compare) {
      bowl.curve(grid, grid.map((u) => squared(y, u)), "muted", { dash: "2 4" });
      bowl.dots([z], [squared(y, z)], "muted", { radius: 4 });
      bowl.text(y ? -limit : limit, 1, "(p − y)²", "muted", { anchor: y ? "start" : "end", dx: y ? 4 : -4, dy: -8 });
    }
    bowl.curve(grid, grid.map((u) => loss(y, u)), "likelihood");
    hold(bowl, loss(y, z), "likelihood", "Logit on the loss");

    slope.frame({ title: "Slope p − y", x, y: { domain: [-1.1, 1.1] } });
    slope.rule("y", 0, "ink", { width: 1.2 });
    if (compare) {
      slope.curve(grid, grid.map((u) => squaredSlope(y, u)), "muted", { dash: "2 4" });
      slope.dots([z], [squaredSlope(y, z)], "muted", { radius: 4 });
    }
    slope.curve(grid, grid.map((u) => sigmoid(u) - y), "slope", { dash: "7 4" });
    if (y) slope.guess("y", guess ?? steep);
    hold(slope, p - y, "slope", "Logit on the slope");

    stage.facts([
      ["z", fixed(z, 2), "accent"],
      ["p", format(p), "model"],
      ["loss", format(loss(y, z)), "likelihood"],
      ["slope p − y", format(p - y), "slope"],
      ...(compare ? [["squared error", format(squared(y, z)), "muted"], ["its slope", format(squaredSlope(y, z)), "muted"]] : []),
    ]);
    const wrong = given < 0.1;
    const answer = squaredSlope(1, asked);
    const verdict = guess === null ? "" : `At the logit ${fixed(asked, 0)} the squared error has the slope ${format(answer, 2)}; your guess was ${fixed(guess, 2)}. The likelihood's slope there is ${format(sigmoid(asked) - 1, 4)}.`;
    stage.note(
      compare && y && z === asked
        ? verdict
        : wrong
        ? compare
          ? "Confident and wrong: the likelihood's loss is steep, its slope near 1 in size. The squared error is nearly flat here, so it hardly asks for a change."
          : "Confident and wrong: the loss grows in a straight line with z, and the slope stays near 1 in size. This observation pulls with all its weight."
        : given > 0.9
          ? "Confident and right: loss and slope are nearly zero. They reach zero for no finite logit."
          : `The slope is the probability minus the label: ${format(p, 3)} − ${y} = ${format(p - y, 3)}. A step against it moves p towards y.`,
      `logit ${fixed(z, 2)}, probability ${format(p, 3)}, loss ${format(loss(y, z), 3)}, slope ${format(p - y, 3)}`,
    );
  });
});

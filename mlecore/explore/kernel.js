// The kernel of the explorables: what all of them share, written once, a file a concept in kernel/.
//
// `define(name, title, build)` makes a custom element. `build(stage, data)` runs once for each element on
// the page: it declares the state, the controls and the panels, and hands over a `draw(state)` that
// paints everything from the state. A control changes the state; a change of state repaints, at most
// once a frame. Nothing else ever writes to the page, so every part always agrees with every other.
//
// The Python side puts an explorable and what it imports into a single inline script, below a line
// `const revision = "..."`; there is no build step, and no request to any host.

export { create } from "./kernel/elements.js";
export { contour } from "./kernel/marks.js";
export { clamp, extent, fixed, format, formatPower, grouped, linspace, logspace, parse, percent, range, superscript } from "./kernel/numbers.js";
export { Stage, define } from "./kernel/stage.js";

// Boxes that are wider than the page scroll sideways. While they do, they can be focused, so that
// the arrow keys scroll them, and carry the class by which style.css draws a shadow at the edge.
// (The theme looks once, and takes what is folded away at that moment out of the tab order for good.)
const boxes = "pre, .pst-scrollable-table-container, .cell_output .output, mjx-container[display=true]";

const look = (box) => {
  const wide = box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible";
  box.classList.toggle("scrolls", wide);
  if (wide) box.tabIndex = 0;
};

const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => look(target)));
const watch = () => document.querySelectorAll(`.bd-article :is(${boxes})`).forEach((box) => (watcher.observe(box), look(box)));

watch();
// Formulas come when MathJax has set them; its script may run after this one.
// A live page has new outputs whenever a cell has run.
addEventListener("mle-shown", watch);
// A font that comes late widens what a box holds and not the box.
document.fonts?.addEventListener("loadingdone", watch);
addEventListener("load", () => window.MathJax?.startup?.promise?.then(watch));

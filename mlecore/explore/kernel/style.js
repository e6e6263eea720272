// How an explorable looks, and whether it is dark. `palette` stands above it: mlecore/palette.py, which
// the pages and the figures read too.

// The book's theme says so on <html>, JupyterLab on <body>, and otherwise the reader's system does.
export function pageIsDark() {
  const { theme } = document.documentElement.dataset;
  if (theme === "dark" || theme === "light") return theme === "dark";
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false";
  if (document.body.classList.contains("vscode-dark")) return true;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export const style = `
:host { display: block; margin: 0.6rem 0 1.2rem; container-type: inline-size; color-scheme: light;
  ${palette.light} }
:host([data-dark]) { color-scheme: dark; ${palette.dark} }
.stage { --up: 14px; --side: 16px; background: var(--paper); color: var(--ink); border: 1px solid var(--grid); border-radius: 8px;
  padding: var(--up) var(--side) 12px; font: 400 15px/1.45 "Source Sans", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
[hidden] { display: none !important; }
.controls { display: flex; flex-wrap: wrap; gap: 8px 26px; align-items: center; background: var(--paper); border-radius: 7px 7px 0 0;
  margin: calc(-1 * var(--up)) calc(-1 * var(--side)) 8px; padding: var(--up) var(--side) 8px; }
.slider { display: grid; grid-template-columns: 1fr auto; align-items: center; flex: 1 1 220px; max-width: 400px; }
.slider label { display: contents; }
.slider .value { grid-area: 1 / 2; box-sizing: border-box; height: 28px; min-width: 0; max-width: 10em; margin: 0; padding: 0 5px;
  border: 1px solid transparent; border-bottom-color: var(--muted); border-radius: 4px 4px 0 0; background: transparent; color: inherit;
  font: inherit; font-variant-numeric: tabular-nums; font-weight: 600; text-align: right; }
.slider .value:hover { background: var(--button); }
.slider input[type="range"] { grid-area: 2 / 1 / 3 / -1; width: 100%; margin: 0; height: 28px; accent-color: var(--accent); }
.choice { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 4px; align-items: center; }
.choice legend { float: left; padding: 0; margin-right: 8px; }
.choice label { position: relative; }
.choice input { position: absolute; inset: 0; opacity: 0; margin: 0; width: 100%; height: 100%; cursor: pointer; }
.choice span { display: block; padding: 4px 10px; border: 1px solid var(--muted); border-radius: 6px; }
.choice input:checked + span { background: var(--accent); border-color: var(--accent); color: var(--paper); font-weight: 600; }
@media (forced-colors: active) { .choice input:checked + span { background: Highlight; border-color: Highlight; color: HighlightText; forced-color-adjust: none; } }
.choice input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 2px; }
.toggle { display: flex; gap: 8px; align-items: center; min-height: 28px; }
.toggle input { width: 18px; height: 18px; margin: 0; accent-color: var(--accent); }
.panels { display: grid; align-items: end; gap: 10px 18px; grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--column, 290px)), 1fr)); }
.panel { min-width: 0; }
.panel.wide { grid-column: 1 / -1; }
.caption { margin: 0 0 2px; font-size: 14px; font-weight: 600; min-height: 1.4em; }
svg { display: block; overflow: visible; }
.panel > svg > svg { overflow: hidden; }
text { font-size: 12px; fill: var(--muted); font-variant-numeric: tabular-nums; }
text.name { font-size: 13px; fill: var(--ink); }
text.words { font-size: 13px; fill: var(--role); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.axis, .tick { stroke: var(--muted); }
.grid { stroke: var(--grid); }
.line { fill: none; stroke: var(--role); stroke-linejoin: round; stroke-linecap: round; }
.fill { fill: var(--role); }
.fill.chosen { opacity: 1; stroke: var(--ink); stroke-width: 1.5; }
${palette.roles.map((role) => `.${role} { --role: var(--${role}); }`).join(" ")}
.handle { cursor: move; touch-action: none; outline: none; }
.handle.x { cursor: ew-resize; } .handle.y { cursor: ns-resize; }
.handle .grip { fill: transparent; }
.handle .ring { fill: none; stroke: none; }
.handle .knob { fill: var(--role); stroke: var(--paper); stroke-width: 2; }
.handle:hover .ring { fill: var(--role); opacity: 0.25; }
.handle:focus-visible .ring { stroke: var(--accent); stroke-width: 3; }
.ground { fill: transparent; cursor: crosshair; }
.target { fill: transparent; outline: none; }
.target:focus-visible { stroke: var(--accent); stroke-width: 2; }
.note { margin: 8px 0 6px; min-height: 2.9em; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 26px; margin: 0 0 10px; }
.facts div { display: flex; flex-wrap: wrap; gap: 0 8px; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; color: var(--role); }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }
button { font: inherit; color: var(--ink); background: var(--button); border: 1px solid var(--muted); border-radius: 6px;
  padding: 4px 14px; min-height: 34px; cursor: pointer; }
button:hover { border-color: var(--accent); }
button:focus-visible, .slider input:focus-visible, .toggle input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.status { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
/* On a wide screen the controls stay in sight while what they move scrolls by; --mle-top is the height of what the page itself keeps at its top. */
@media (min-height: 520px) { .controls { position: sticky; top: var(--mle-top, 0px); z-index: 1; } }
/* Letters of 16 px, or a phone zooms in on a field that is tapped. */
@container (max-width: 480px) { .stage { --up: 10px; --side: 10px; } .slider .value { font-size: 16px; } .note { min-height: 4.4em; }
  /* A phone has room for one: the slider that was used last. */
  .controls { display: contents; } .controls > * { margin-bottom: 4px; } .slider { max-width: none; }
  .slider.used { position: sticky; top: var(--mle-top, 0px); z-index: 1; background: var(--paper); border-bottom: 1px solid var(--grid);
    margin: 0 calc(-1 * var(--side)) 6px; padding: 2px var(--side) 4px; } }
@media print { :host { ${palette.light} } .actions, .controls { display: none; } }
`;

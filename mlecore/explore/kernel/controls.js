// What a reader takes hold of beside the panels: sliders whose values can be typed, choices, toggles, buttons.
import { create } from "./elements.js";
import { clamp, format, parse } from "./numbers.js";
import { State } from "./state.js";

export class Controls extends State {
  // A native range input, and beside it its value, which can be typed over. With `log` the slider runs
  // evenly in the logarithm. `when` hides it in some states; `max` may depend on the state.
  slider(key, { label, min, max, step, log = false, format: show = format, say = show, when }) {
    const inward = log ? Math.log : (v) => v;
    const outward = log ? Math.exp : (v) => v;
    const most = typeof max === "function" ? max : () => max;
    const set = (v) => this.change({ [key]: clamp(v, min, most(this.state)) });
    const input = create("input", {
      type: "range", min: inward(min), max: typeof max === "function" ? "" : inward(max), "data-key": key,
      step: log ? (inward(max) - inward(min)) / 400 : step,
      oninput: () => {
        let v = outward(Number(input.value));
        // A logarithmic slider may have whole numbers for values; then a key moves by one at least.
        if (log && step) {
          const now = this.state[key];
          const rounded = Math.round(v / step) * step;
          v = rounded === now ? now + Math.sign(v - now) * step : rounded;
        }
        set(v);
      },
    });
    const field = this.numberField(key, { label, whole: step === 1, show, set, ends: () => [min, most(this.state)] });
    // The field stands outside of the label, which names the slider.
    const box = create("div", { class: "slider" }, create("label", {}, create("span", {}, label), input), field.element);
    this.regions.controls.append(box);
    this.controls.push({
      bound: (state) => ({ [key]: Math.min(state[key], most(state)) }),
      sync: (state) => {
        box.hidden = when ? !when(state) : false;
        if (typeof max === "function") input.max = inward(max(state));
        if (Math.abs(Number(input.value) - inward(state[key])) > 1e-12) input.value = inward(state[key]);
        input.setAttribute("aria-valuetext", say(state[key]));
        field.sync(state[key]);
      },
    });
  }

  // The value of a slider as text. What is typed counts from Enter or on leaving; Escape takes it back,
  // and what is no number is replaced by the value that holds. Beyond an end, the end is taken.
  numberField(key, { label, whole, show, set, ends }) {
    let typing = false;
    const restore = () => {
      typing = false;
      element.value = show(this.state[key]);
    };
    const commit = () => {
      if (!typing) return;
      const value = parse(element.value, whole);
      restore();
      if (Number.isNaN(value)) this.say(`${label} must be a number ${span()}`);
      else set(whole ? Math.round(value) : value);
    };
    const span = () => `from ${ends().map((v) => show(v)).join(" to ")}`;
    const element = create("input", {
      type: "text", class: "value", inputmode: "decimal", autocomplete: "off", "data-key": key, "aria-label": `${label}, as a number`,
      oninput: () => (typing = true),
      onblur: commit,
      onfocus: () => element.select(),
      onkeydown: (event) => {
        if (event.key === "Enter") commit();
        else if (event.key === "Escape") restore();
        else return;
        element.select();
      },
    });
    const sync = (value) => {
      const shown = show(value);
      element.size = Math.max(4, shown.length);
      element.title = span();
      if (!typing && element.value !== shown) element.value = shown;
    };
    return { element, sync };
  }

  // One of a few: native radio buttons in a row. options: [[value, words], ...].
  choice(key, { label, options, when, change = () => ({}) }) {
    this.groups = (this.groups ?? 0) + 1;
    const group = `choice${this.groups}`;
    const inputs = options.map(([value, words]) => {
      const input = create("input", { type: "radio", name: group, value, "data-key": key, onchange: () => this.change({ [key]: value, ...change(value, this.state) }) });
      return [input, create("label", {}, input, create("span", {}, words))];
    });
    const box = create("fieldset", { class: "choice" }, create("legend", {}, label), ...inputs.map(([, element]) => element));
    this.regions.controls.append(box);
    this.controls.push({
      sync: (state) => {
        box.hidden = when ? !when(state) : false;
        for (const [input] of inputs) input.checked = input.value === String(state[key]);
      },
    });
  }

  toggle(key, { label, when }) {
    const input = create("input", { type: "checkbox", "data-key": key, onchange: () => this.change({ [key]: input.checked }) });
    const box = create("label", { class: "toggle" }, input, create("span", {}, label));
    this.regions.controls.append(box);
    this.controls.push({
      sync: (state) => {
        box.hidden = when ? !when(state) : false;
        input.checked = state[key];
      },
    });
  }

  button(label, action, { when, words } = {}) {
    const element = create("button", { type: "button", onclick: () => action(this.state) }, label);
    this.regions.actions.append(element);
    this.controls.push({
      sync: (state) => {
        element.hidden = when ? !when(state) : false;
        const text = words ? words(state) : label;
        if (element.textContent !== text) element.textContent = text;
      },
    });
    return element;
  }
}

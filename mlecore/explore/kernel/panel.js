// A panel: axes, marks, and things to take hold of.
import { createSvg, setAll } from "./elements.js";
import { Marks } from "./marks.js";
import { clamp } from "./numbers.js";

export class Panel extends Marks {
  // A point that the reader drags or moves by keys. axis: "x", "y" or "xy". Handles that share a
  // `group` are one tab stop: the arrow keys across the movement choose among them.
  handle(key, { x, y, label, text, role = "model", axis = "x", step = [0, 0], move, group = null, radius = 7 }) {
    let handle = this.handles.get(key);
    if (!handle) this.handles.set(key, (handle = this.makeHandle(key)));
    Object.assign(handle, { axis, step, move, group, at: [x, y] });
    this.kept.add(key);
    const [px, py] = this.place([x, y]);
    setAll(handle.element, {
      transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})`,
      class: `handle ${axis} ${role}`,
      "aria-label": label,
      "aria-valuetext": text,
      "aria-orientation": axis === "y" ? "vertical" : "horizontal",
      "aria-valuemin": this.domain[axis === "y" ? "y" : "x"][0],
      "aria-valuemax": this.domain[axis === "y" ? "y" : "x"][1],
      "aria-valuenow": axis === "y" ? y : x,
      tabindex: group === null || this.tabStop(group) === key ? 0 : -1,
    });
    handle.element.lastChild.setAttribute("r", radius);
  }

  // A handle stays inside the panel, even where what it stands for does not.
  place([x, y]) {
    return [clamp(this.x(x), 0, this.w), clamp(this.y(y), 0, this.h)];
  }

  tabStop(group) {
    this.stops ??= new Map();
    const members = [...this.handles].filter(([, h]) => h.group === group).map(([key]) => key);
    if (!members.includes(this.stops.get(group))) this.stops.set(group, members[0]);
    return this.stops.get(group);
  }

  makeHandle(key) {
    const element = createSvg("g", { role: "slider", "data-key": key });
    // The outer circle is a finger wide.
    element.append(createSvg("circle", { class: "grip", r: 20 }), createSvg("circle", { class: "ring", r: 12 }), createSvg("circle", { class: "knob" }));
    const handle = { element };
    this.hold.append(element);
    this.drag(element, ([x, y], [fromX, fromY]) => {
      handle.move(handle.axis === "y" ? fromX : x, handle.axis === "x" ? fromY : y);
    }, () => handle.at);
    element.addEventListener("focus", () => {
      if (handle.group === null) return;
      this.stops.set(handle.group, key);
      this.stage.repaint();
    });
    element.addEventListener("keydown", (event) => {
      const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [10, 10], PageDown: [-10, -10] }[event.key];
      const [low, high] = this.domain[handle.axis === "y" ? "y" : "x"];
      const [x, y] = handle.at;
      if (event.key === "Home") handle.axis === "y" ? handle.move(x, low) : handle.move(low, y);
      else if (event.key === "End") handle.axis === "y" ? handle.move(x, high) : handle.move(high, y);
      else if (!way) return;
      else if (handle.group !== null && handle.axis !== "xy" && way[handle.axis === "x" ? 0 : 1] === 0)
        this.neighbour(key, handle.group, handle.axis === "x" ? -way[1] : way[0]);
      else {
        // Both arrows of a one-dimensional handle move it, as on a native slider.
        const along = way[0] || way[1];
        const dx = handle.axis === "xy" ? way[0] : along;
        const dy = handle.axis === "xy" ? way[1] : along;
        handle.move(handle.axis === "y" ? x : x + dx * handle.step[0], handle.axis === "x" ? y : y + dy * handle.step[1]);
      }
      event.preventDefault();
    });
    return handle;
  }

  // Focus goes to the next handle of the group, in the order of their places.
  neighbour(key, group, way) {
    const members = [...this.handles.entries()].filter(([, h]) => h.group === group);
    members.sort(([, a], [, b]) => a.at[0] - b.at[0] || a.at[1] - b.at[1]);
    const place = members.findIndex(([k]) => k === key);
    members[clamp(place + way, 0, members.length - 1)][1].element.focus();
  }

  // Report the pointer's place in data units while it is down; also where the thing was on taking hold of it.
  drag(element, move, start) {
    let held = null;
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const at = start();
      const [px, py] = this.pointer(event);
      // The offset from the knob stays as it was taken, so that nothing jumps.
      const [x, y] = this.place(at);
      held = [x - px, y - py];
      element.setPointerCapture(event.pointerId);
      element.focus?.({ preventScroll: true });
      event.preventDefault();
      event.stopPropagation();
    });
    element.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [px, py] = this.pointer(event);
      move([this.x.invert(clamp(px + held[0], 0, this.w)), this.y.invert(clamp(py + held[1], 0, this.h))], start());
    });
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => (held = null));
  }

  pointer(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left - this.left, event.clientY - box.top - this.top];
  }

  // The whole plot answers a click or a tap, and a mouse that drags; a finger still scrolls the page.
  surface(move) {
    this.onSurface = move;
    if (!this.ground) {
      this.ground = createSvg("rect", { class: "ground" });
      this.hold.prepend(this.ground);
      let down = false;
      const act = (event) => {
        const [px, py] = this.pointer(event);
        this.onSurface(this.x.invert(clamp(px, 0, this.w)), this.y.invert(clamp(py, 0, this.h)));
      };
      this.ground.addEventListener("pointerdown", (event) => {
        if (event.pointerType !== "mouse" || event.button !== 0) return;
        down = true;
        this.ground.setPointerCapture(event.pointerId);
        event.preventDefault();
        act(event);
      });
      this.ground.addEventListener("pointermove", (event) => down && act(event));
      for (const name of ["pointerup", "pointercancel"]) this.ground.addEventListener(name, () => (down = false));
      this.ground.addEventListener("click", act);
    }
    setAll(this.ground, { width: this.w, height: this.h });
  }

  // A row of places to point at or to focus (one tab stop, arrow keys inside): items {x0, x1, label}.
  targets(name, items, selected, select) {
    if (!this.list) {
      this.list = createSvg("g", { role: "listbox", "aria-label": name, "aria-orientation": "horizontal" });
      this.hold.append(this.list);
      const index = (event) => [...this.list.children].indexOf(event.target);
      this.list.addEventListener("pointerover", (event) => index(event) >= 0 && this.select(index(event)));
      this.list.addEventListener("click", (event) => index(event) >= 0 && this.select(index(event)));
      this.list.addEventListener("focusin", (event) => this.select(index(event)));
      this.list.addEventListener("keydown", (event) => {
        const last = this.list.children.length - 1;
        const next = { ArrowRight: index(event) + 1, ArrowLeft: index(event) - 1, Home: 0, End: last }[event.key];
        if (next === undefined) return;
        event.preventDefault();
        this.list.children[clamp(next, 0, last)].focus();
      });
    }
    this.select = select;
    items.forEach(({ x0, x1, label }, i) => {
      const rect = this.list.children[i] ?? this.list.appendChild(createSvg("rect", { role: "option", class: "target" }));
      setAll(rect, {
        x: this.x(x0), width: this.x(x1) - this.x(x0), y: 0, height: this.h,
        "aria-label": label, "aria-selected": i === selected, tabindex: i === Math.max(0, selected) ? 0 : -1,
      });
    });
  }
}

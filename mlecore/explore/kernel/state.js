// The state of an explorable: changed by `set` alone, painted at most once a frame, moved by `glide`.
import { clamp } from "./numbers.js";

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class State {
  constructor(host) {
    this.host = host;
    this.controls = [];
    this.panels = [];
    this.cleanups = [];
  }

  set(patch) {
    this.touched = true;
    this.settle(patch);
    this.repaint();
  }

  // The one place where the state changes: what is set, within the bounds of the controls, and what follows from it.
  settle(patch) {
    Object.assign(this.state, patch);
    for (const { bound } of this.controls) if (bound) Object.assign(this.state, bound(this.state));
    if (this.follow) Object.assign(this.state, this.follow(this.state));
  }

  // A set by the reader's own hand, which ends any movement that was running.
  change(patch) {
    this.halt();
    this.set(patch);
  }

  // Paint at the next frame, once, however often it is asked for.
  repaint() {
    if (this.draw) this.waiting ||= requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    if (!this.host.isConnected || !this.host.clientWidth) return;
    const start = performance.now();
    for (const control of this.controls) control.sync(this.state);
    // Frozen, for a painting changes nothing.
    this.draw(Object.freeze({ ...this.state }));
    for (const panel of this.panels) panel.finish();
    this.host.paintTime = performance.now() - start;
    this.host.paints = (this.host.paints ?? 0) + 1;
  }

  // Move numbers of the state to their goals in a third of a second, or at once where motion is unwelcome.
  glide(goal) {
    this.halt();
    if (reducedMotion()) return this.set(goal);
    const from = { ...this.state };
    const start = performance.now();
    const tick = (now) => {
      const t = clamp((now - start) / 350, 0, 1);
      const ease = t * t * (3 - 2 * t);
      const patch = {};
      for (const key of Object.keys(goal)) patch[key] = t === 1 ? goal[key] : from[key] + ease * (goal[key] - from[key]);
      this.set(patch);
      this.motion = t < 1 ? requestAnimationFrame(tick) : 0;
    };
    this.motion = requestAnimationFrame(tick);
  }

  halt() {
    cancelAnimationFrame(this.motion);
    this.motion = 0;
    if (this.running) {
      clearInterval(this.running);
      this.running = 0;
      this.repaint();
    }
  }

  // Have a screen reader say something, once nothing else has been to say for a while.
  say(words) {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => (this.regions.status.textContent = words), 600);
  }

  end() {
    this.halt();
    clearTimeout(this.speaking);
    cancelAnimationFrame(this.waiting);
    for (const cleanup of this.cleanups) cleanup();
  }
}

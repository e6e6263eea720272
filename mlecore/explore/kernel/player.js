// Step, Run and Rewind: a state that moves by itself.
import { Controls } from "./controls.js";
import { reducedMotion } from "./state.js";

export class Player extends Controls {
  // Step, Run and Rewind. `step()` returns the next patch of the state, or null at the end.
  player({ step, rewind, interval = 80, when }) {
    const advance = () => {
      const patch = step(this.state);
      if (patch) this.set(patch);
      return Boolean(patch);
    };
    const stepping = () => {
      this.halt();
      advance();
    };
    const run = () => {
      if (this.running) return this.halt();
      this.halt();
      if (reducedMotion()) {
        // Without motion the run shows its end.
        for (let i = 0; i < 10000 && advance(); i++);
        return;
      }
      this.running = setInterval(() => advance() || this.halt(), interval);
      this.repaint();
    };
    this.button("Step", stepping, { when });
    this.button("Run", run, { when, words: () => (this.running ? "Pause" : "Run") });
    this.button("Rewind", () => {
      this.halt();
      this.set(rewind(this.state));
    }, { when });
    this.cleanups.push(() => this.halt());
  }
}

// One Python for the page: it boots once, does one thing after another, and can be stopped.

const here = new URL(import.meta.url);
const beside = (name) => new URL(`${name}${here.search}`, here);

export class Engine {
  // `progress(come, whole)` hears the bytes, `starting()` that the last has come.
  constructor({ progress, starting }) {
    this.hears = { bytes: (n) => progress(n, this.whole), starting };
    this.files = new Map();
    // Shared memory, where the page may have it, is how a running cell hears of Stop.
    this.shared = self.crossOriginIsolated ? new Uint8Array(new SharedArrayBuffer(1)) : null;
    this.chain = Promise.resolve();
  }

  async boot() {
    const [load, source] = await Promise.all([
      get(new URL(`../pyodide/load.json${here.search}`, here)).then((r) => r.json()),
      get(beside("session.py")).then((r) => r.text()),
    ]);
    this.whole = Object.values(load.sizes).reduce((sum, n) => sum + n, 0);
    this.worker = new Worker(beside("worker.js"), { type: "module" });
    this.worker.onmessage = ({ data: { kind, value } }) => this.hears[kind]?.(value);
    this.worker.onerror = (event) => this.hears.failed?.(event.message || "the worker did not load");
    await this.ask("ready", { what: "boot", ...load, shared: this.shared, source });
    for (const [name, bytes] of this.files) await this.ask("done", { what: "file", name, bytes });
  }

  // Send a request, and wait for its answer.
  ask(answer, request) {
    return new Promise((resolve, reject) => {
      const settle = (how) => (value) => {
        delete this.hears[answer];
        delete this.hears.failed;
        how(value);
      };
      this.hears[answer] = settle(resolve);
      this.hears.failed = settle((text) => reject(new Error(text)));
      this.abandon = this.hears.failed;
      this.worker.postMessage(request);
    });
  }

  // Requests wait for one another; `hear` is told what a cell shows while it runs.
  queue(request, hear) {
    const next = this.chain.then(() => {
      if (this.shared) this.shared[0] = 0;
      this.hears.output = hear;
      return this.ask("done", request);
    });
    this.chain = next.catch(() => {});
    return next;
  }

  run(number, source, hear) {
    return this.queue({ what: "run", number, source }, hear);
  }

  restart() {
    return this.queue({ what: "restart" });
  }

  file(name, bytes) {
    this.files.set(name, bytes);
    return this.queue({ what: "file", name, bytes });
  }

  // Ask the running cell to stop. False where only another worker would help.
  interrupt() {
    if (this.shared) this.shared[0] = 2;
    return Boolean(this.shared);
  }

  // Another worker in place of this one. Its names are lost, its bytes are at hand.
  async replace() {
    this.worker.terminate();
    this.abandon?.("stopped");
    this.chain = Promise.resolve();
    await this.boot();
  }
}

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
  return response;
}

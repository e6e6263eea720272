// Python runs here, beside the page, so that the page stays quick while a cell computes.

const folder = new URL("../pyodide/", import.meta.url);
const tell = (kind, value) => postMessage({ kind, value });

// Bytes that have come, file by file. Packages are counted as they stream. The others are counted
// when they are whole: a wrapped response of the wasm would lose the browser's compiled copy of it.
const come = {};
const count = (name, bytes) => {
  come[name] = bytes;
  tell("bytes", Object.values(come).reduce((sum, n) => sum + n, 0));
};
const plainFetch = self.fetch;
self.fetch = async (resource, options) => {
  const response = await plainFetch(resource, options);
  const name = new URL(resource.url ?? resource, folder).pathname.split("/").pop();
  if (!/\.(whl|zip)$/.test(name) || !response.ok) return response;
  let bytes = 0;
  const counted = response.body.pipeThrough(new TransformStream({
    transform(chunk, controller) {
      count(name, (bytes += chunk.length));
      controller.enqueue(chunk);
    },
  }));
  return new Response(counted, response);
};

let session;

const boot = async ({ packages, sizes, revision, shared, source }) => {
  new PerformanceObserver((list) => {
    for (const { name } of list.getEntries()) {
      const file = new URL(name).pathname.split("/").pop();
      if (sizes[file]) count(file, sizes[file]);
    }
  }).observe({ type: "resource", buffered: true });
  const { loadPyodide } = await import(new URL("pyodide.mjs", folder));
  const pyodide = await loadPyodide({
    indexURL: folder.href,
    lockFileURL: new URL(`pyodide-lock.json?${revision}`, folder).href,
    env: { MPLBACKEND: "agg", HOME: "/home/pyodide" },
    packages,
    stderr: (text) => console.debug(text), // what modules say while they load
  });
  // A package that did not come is only warned of: say so here, not at the first import.
  const absent = packages.filter((name) => !(name in pyodide.loadedPackages));
  if (absent.length) throw new Error(`${absent.join(", ")} did not arrive whole`);
  tell("starting");
  if (shared) pyodide.setInterruptBuffer(shared);
  const module = pyodide.runPython("import types; types.ModuleType('session')");
  session = { pyodide, module };
  pyodide.runPython(source, { globals: module.__dict__, filename: "session.py" });
  const proxies = { create_proxies: false, dict_converter: Object.fromEntries };
  module.post = (kind, value) => tell("output", { kind, value: value?.toJs ? value.toJs(proxies) : value });
  module.restart();
  pyodide.runPython("import mlecore");
  tell("ready");
};

const does = {
  boot,
  run: ({ number, source }) => tell("done", session.module.run(number, source)),
  restart: () => tell("done", session.module.restart() ?? true),
  file: ({ name, bytes }) => {
    session.pyodide.FS.writeFile(`/home/pyodide/${name}`, new Uint8Array(bytes));
    tell("done", true);
  },
};

onmessage = async ({ data: { what, ...rest } }) => {
  try {
    await does[what](rest);
  } catch (error) {
    tell("failed", String(error.message ?? error));
  }
};

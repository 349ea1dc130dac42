/** User code that does not return is stopped and named, and the run goes on. In real workers, of Node. */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeAll, expect, test } from "vitest";
import { Header } from "./frame";
import { loadEngine } from "./load";
import { PageEngine } from "./port";
import type { FromEngine, ScenarioOptions } from "./protocol";
import { WatchedEngine, type EngineWorker } from "./watchdog";

const scenario: ScenarioOptions = { seed: 1, taskManagers: 1, slotsPerTaskManager: 4, files: {} };
const SILENCE_MILLIS = 1800;

/** What a browser's worker has and Node's has under other names. */
const SHIM = `
import { parentPort } from "node:worker_threads";
import { readFile } from "node:fs/promises";
globalThis.postMessage = (message, options) => parentPort.postMessage(message, options?.transfer);
globalThis.addEventListener = (kind, listener) => parentPort.on(kind, (data) => listener({ data }));
globalThis.fetch = async (url) =>
  new Response(await readFile(new URL(url)), { headers: { "Content-Type": "application/wasm" } });
`;

let script: URL;
let engine: WatchedEngine;

beforeAll(async () => {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL("worker.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    write: false,
    define: { "import.meta.url": JSON.stringify(new URL("load.ts", import.meta.url).href) },
  });
  script = new URL(`data:text/javascript,${encodeURIComponent(SHIM + bundle.outputFiles[0]!.text)}`);
});

afterEach(() => engine.terminate());

function startWorker(url: URL = script): EngineWorker {
  const worker = new Worker(url);
  // No module: it loads its own.
  worker.postMessage({ module: null });
  const listeners = new Map<string, (event: unknown) => void>();
  worker.on("message", (data: unknown) => listeners.get("message")?.({ data }));
  worker.on("error", (error: Error) => listeners.get("error")?.({ message: error.message }));
  return {
    postMessage: (message: unknown) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
    addEventListener: (kind: string, listener: unknown) =>
      void listeners.set(kind, listener as (event: unknown) => void),
  };
}

function start(): WatchedEngine {
  engine = new WatchedEngine(
    () => startWorker(),
    () => new PageEngine(),
    SILENCE_MILLIS,
  );
  return engine;
}

function tickOf(answer: FromEngine): number | undefined {
  return answer.kind === "moved" ? answer.moment.frame[Header.tickLow] : undefined;
}

const HANGS_AT_17 = `env.setParallelism(2);
env.fromSequence(1, 50)
  .map(n => { while (n === 17); return n; }).name("Stuck").print();`;

test(
  "a function that does not return is named, and the run stays where it was",
  { timeout: 30_000 },
  async () => {
    const port = start();
    await port.request({ kind: "open", source: HANGS_AT_17, scenario });
    const before = await port.request({ kind: "advance", ticks: 10 });
    const [stuck, after] = await Promise.all([
      port.request({ kind: "advance", ticks: 100_000 }),
      port.request({ kind: "step", by: "tick", direction: 1 }),
    ]);
    expect(stuck).toMatchObject({
      kind: "error",
      error: { kind: "endless", task: "Stuck (1/2)", at: { line: 3, column: 4 } },
    });
    expect([tickOf(before), tickOf(after)]).toEqual([10, 11]);
  },
);

test("a run that is come back to has the commands that it was given", { timeout: 30_000 }, async () => {
  const port = start();
  await port.request({ kind: "open", source: HANGS_AT_17, scenario });
  await port.request({ kind: "advance", ticks: 4 });
  const commanded = await port.request({
    kind: "command",
    command: { kind: "setSpeed", vertex: 0, speed: 0.2 },
  });
  expect(commanded).toMatchObject({ kind: "commanded", tick: 4 });
  await port.request({ kind: "advance", ticks: 46 });
  const answer = await port.request({ kind: "trace", from: 0, limit: 1000 });
  const slow = await port.request({ kind: "inspectTask", task: 0 });
  expect(await port.request({ kind: "advance", ticks: 100_000 })).toMatchObject({
    kind: "error",
    error: { kind: "endless" },
  });
  expect(tickOf(await port.request({ kind: "seek", tick: 50, turn: 0 }))).toBe(50);
  expect(await port.request({ kind: "trace", from: 0, limit: 1000 })).toMatchObject({
    entries: answer.kind === "trace" && answer.entries,
  });
  const again = await port.request({ kind: "inspectTask", task: 0 });
  expect(again.kind === "task" && again.task).toEqual(slow.kind === "task" && slow.task);
});

test("a job whose own code does not return leaves the run before it", { timeout: 30_000 }, async () => {
  const port = start();
  await port.request({ kind: "open", source: "env.fromSequence(1, 50).print();", scenario });
  await port.request({ kind: "advance", ticks: 12 });
  const stuck = await port.request({ kind: "open", source: "while (true);", scenario });
  expect(stuck).toMatchObject({ kind: "error", error: { kind: "endless" } });
  expect(tickOf(await port.request({ kind: "step", by: "tick", direction: -1 }))).toBe(11);
});

test("a long run that makes progress is left alone", { timeout: 30_000 }, async () => {
  const port = start();
  const source =
    "env.fromSequence(1, 3000).map(n => { for (let i = 0; i < 300000; i++); return n; }).print();";
  await port.request({ kind: "open", source, scenario });
  const answer = await port.request({ kind: "advance", ticks: 100_000 });
  expect(answer.kind).toBe("moved");
  expect(answer.kind === "moved" && answer.moment.stdout.lines.length).toBe(3000);
});

test("where workers do not start, the page's own thread takes over", async () => {
  await loadEngine(readFileSync(new URL("generated/weir_wasm_bg.wasm", import.meta.url)));
  const broken = new URL("data:text/javascript,throw new Error('forbidden')");
  engine = new WatchedEngine(
    () => startWorker(broken),
    () => new PageEngine(),
    SILENCE_MILLIS,
  );
  const source = "env.fromData(1, 2).print();";
  expect((await engine.request({ kind: "open", source, scenario })).kind).toBe("opened");
  const moved = await engine.request({ kind: "advance", ticks: 100 });
  expect(moved.kind === "moved" && moved.moment.stdout.lines.map(({ text }) => text)).toEqual(["1", "2"]);
});

test("every message is answered", { timeout: 30_000 }, async () => {
  const port = start();
  const source = 'env.fromData("a", "b").keyBy(w => w).sum(0).print();';
  const early = await port.request({ kind: "advance", ticks: 1 });
  expect(early).toMatchObject({
    kind: "error",
    error: { message: expect.stringContaining("No job") as string },
  });
  expect((await port.request({ kind: "check", source, scenario })).kind).toBe("checked");
  const opened = await port.request({ kind: "open", source, scenario });
  expect(opened.kind === "opened" && opened.moment.topology?.tasks.length).toBeGreaterThan(0);
  const seen = await port.request({ kind: "seek", tick: 15, turn: 1 });
  expect(tickOf(seen)).toBe(15);
  expect(seen.kind === "moved" && seen.moment.topology).toBeTruthy();
  const again = await port.request({ kind: "step", by: "turn", direction: 1 });
  expect(again.kind === "moved" && again.moment.topology).toBeUndefined();
  expect((await port.request({ kind: "inspectTask", task: 0 })).kind).toBe("task");
  expect(await port.request({ kind: "inspectBuffer", channel: 0, buffer: 999 })).toMatchObject({
    buffer: null,
  });
  const trace = await port.request({ kind: "trace", from: 0, limit: 3 });
  expect(trace.kind === "trace" && trace.entries.length).toBe(3);
  expect((await port.request({ kind: "inspectTaskManager", taskManager: 0 })).kind).toBe("taskManager");
  expect(await port.request({ kind: "command", command: { kind: "cancelJob" } })).toMatchObject({
    kind: "commanded",
    tick: 16,
  });
  expect(await port.request({ kind: "open", source: "env.nope();", scenario })).toMatchObject({
    kind: "error",
    error: { kind: "api", at: { line: 1, column: 5 } },
  });
});

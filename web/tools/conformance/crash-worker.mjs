/** Runs cases with crashes in a thread of its own, which ends with a panic or a program that does not. */
import { parentPort } from "node:worker_threads";
import { loadNodeEngine } from "../node-engine.mjs";
import { runCase } from "./crash-case.mjs";

/** @typedef {{ recorded: import("./case.mjs").Case, seed: number }} Task */

if (parentPort === null) {
  throw new Error("This module is a worker of crashes.mjs.");
}
const port = parentPort;
const engine = await loadNodeEngine();

port.on("message", (/** @type {Task} */ { recorded, seed }) => {
  port.postMessage(runCase(engine, recorded, seed));
});

/** Compares cases in a thread of its own, which ends with a panic or a program that does not. */
import { parentPort } from "node:worker_threads";
import { loadNodeEngine } from "../node-engine.mjs";
import { compareCase } from "./case.mjs";

/** @typedef {{ recorded: import("./case.mjs").Case, parts: import("./case.mjs").Part[] }} Task */

if (parentPort === null) {
  throw new Error("This module is a worker of conformance.mjs.");
}
const port = parentPort;
const engine = await loadNodeEngine();

port.on("message", (/** @type {Task} */ { recorded, parts }) => {
  port.postMessage(compareCase(engine, recorded, parts));
});

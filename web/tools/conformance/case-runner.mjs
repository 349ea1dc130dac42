/** Runs cases in a worker, one after another; one that panics or does not end is answered for, and the next goes on. */
import { Worker } from "node:worker_threads";

/** @typedef {import("./case.mjs").Case} Case */
/** @typedef {import("./case.mjs").Part} Part */
/** @typedef {import("./case.mjs").PartResult} PartResult */

const CASE_SECONDS_MAX = 60;

export class CaseRunner {
  /** @type {Worker | undefined} */
  #worker;

  /**
   * @param {Case} recorded
   * @param {readonly Part[]} parts
   * @returns {Promise<PartResult[]>}
   */
  async run(recorded, parts) {
    try {
      const results = await this.#ask(recorded, parts);
      if (results.some((result) => result.differences.some((text) => text.startsWith("panic error")))) {
        await this.close();
      }
      return results;
    } catch (error) {
      await this.close();
      const message = error instanceof Error ? error.message : String(error);
      return parts.map((part) => ({ part, differences: [message] }));
    }
  }

  /** Ends the worker; the next case takes a new one. */
  async close() {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  /**
   * @param {Case} recorded
   * @param {readonly Part[]} parts
   * @returns {Promise<PartResult[]>}
   */
  #ask(recorded, parts) {
    this.#worker ??= new Worker(new URL("case-worker.mjs", import.meta.url));
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        fail(new Error(`did not end in ${CASE_SECONDS_MAX} seconds`));
      }, CASE_SECONDS_MAX * 1000);
      const leave = () => {
        clearTimeout(timer);
        worker.off("message", answer);
        worker.off("error", fail);
      };
      const answer = (/** @type {PartResult[]} */ results) => {
        leave();
        resolve(results);
      };
      const fail = (/** @type {Error} */ error) => {
        leave();
        reject(error);
      };
      worker.on("message", answer);
      worker.on("error", fail);
      worker.postMessage({ recorded, parts });
    });
  }
}

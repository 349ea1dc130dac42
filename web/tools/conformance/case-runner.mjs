/** Runs cases in a worker, one after another; one that panics or does not end is answered for, and the next goes on. */
import { AnsweringWorker } from "./answering-worker.mjs";

/** @typedef {import("./case.mjs").Case} Case */
/** @typedef {import("./case.mjs").Part} Part */
/** @typedef {import("./case.mjs").PartResult} PartResult */

const CASE_SECONDS_MAX = 60;

export class CaseRunner {
  /** @type {AnsweringWorker<{ recorded: Case, parts: readonly Part[] }, PartResult[]>} */
  #worker = new AnsweringWorker(new URL("case-worker.mjs", import.meta.url), CASE_SECONDS_MAX);

  /**
   * @param {Case} recorded
   * @param {readonly Part[]} parts
   * @returns {Promise<PartResult[]>}
   */
  async run(recorded, parts) {
    try {
      const results = await this.#worker.ask({ recorded, parts });
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
    await this.#worker.close();
  }
}

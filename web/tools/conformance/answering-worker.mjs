/** A worker that is asked one thing after another; one that panics or does not answer is replaced. */
import { Worker } from "node:worker_threads";

/**
 * @template Task
 * @template Answer
 */
export class AnsweringWorker {
  /** @type {URL} */
  #module;
  /** @type {number} */
  #secondsMax;
  /** @type {Worker | undefined} */
  #worker;

  /**
   * @param {URL} module what runs in the worker: it answers each message with one
   * @param {number} secondsMax how long an answer may take
   */
  constructor(module, secondsMax) {
    this.#module = module;
    this.#secondsMax = secondsMax;
  }

  /** Ends the worker; the next task takes a new one. */
  async close() {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  /**
   * Rejects where the worker throws or does not answer; then it must be closed.
   * @param {Task} task
   * @returns {Promise<Answer>}
   */
  ask(task) {
    this.#worker ??= new Worker(this.#module);
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        fail(new Error(`did not end in ${this.#secondsMax} seconds`));
      }, this.#secondsMax * 1000);
      const leave = () => {
        clearTimeout(timer);
        worker.off("message", answer);
        worker.off("error", fail);
      };
      const answer = (/** @type {Answer} */ results) => {
        leave();
        resolve(results);
      };
      const fail = (/** @type {Error} */ error) => {
        leave();
        reject(error);
      };
      worker.on("message", answer);
      worker.on("error", fail);
      worker.postMessage(task);
    });
  }
}

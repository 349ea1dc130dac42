/** Where an asynchronous function puts its results. */
import type { ResultFuture } from "./functions";
import { reject } from "./errors";
import { guardMembers } from "./guard";

const TOO_LATE =
  "It must be called before asyncInvoke or timeout returns: a run is repeated when one steps back, and an answer from outside would not come again at its tick.";

/** Flink: `ResultFuture`. */
export class EngineResultFuture implements ResultFuture<unknown> {
  #results: unknown[] | undefined;
  #error: Error | undefined;
  #isOver = false;

  complete(results: Iterable<unknown>): void {
    if (this.#isOver) reject(`complete(results) came too late. ${TOO_LATE}`);
    if (typeof (results as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] !== "function") {
      reject("complete(results) takes an iterable of results, as in complete([result]).");
    }
    this.#results ??= [...results];
  }

  completeExceptionally(error: Error): void {
    if (this.#isOver) reject(`completeExceptionally(error) came too late. ${TOO_LATE}`);
    this.#error ??= error;
  }

  /** @internal What has come of a call: a list that holds the results, or nothing yet. */
  outcomeOf(returned: unknown): unknown {
    this.#isOver = true;
    if (returned instanceof Promise)
      reject(`asyncInvoke returned a Promise, whose results come too late. ${TOO_LATE}`);
    if (this.#error !== undefined) throw this.#error;
    return this.#results === undefined ? undefined : [this.#results];
  }

  /** @internal Flink's answer of a function without a `timeout` of its own. */
  static timedOut(): never {
    throw new Error("Async function call has timed out.");
  }
}

guardMembers({ EngineResultFuture });

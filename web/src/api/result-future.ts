/** Where an asynchronous function puts its results, at once or as of a later time. */
import type { ResultFuture } from "./functions";
import { spanArgument, type TimeSpan } from "./duration";
import { reject } from "./errors";
import { guardMembers } from "./guard";
import { errorPosition } from "./position";

const TOO_LATE =
  "It must be called before asyncInvoke or timeout returns: a run is repeated when one steps back, and an answer from outside would not come again at its tick. What takes time is said with completeAfter(delay, results), or with a SimulatedService.";

/** What the engine is told of an answer: the results or null, the delay, and of an error message, line and column. */
type Told = readonly [results: readonly unknown[] | null, delay: number, ...error: unknown[]];

/** How much later than the call the code that runs now is meant to run. */
let later = 0;

/** Runs code of the job that is meant to run `delay` ms later: what it completes is completed then. */
export function runLater(delay: number, action: () => void): void {
  const before = later;
  later += delay;
  try {
    action();
  } finally {
    later = before;
  }
}

/** Flink: `ResultFuture`; `completeAfter` and its sibling are this lab's. */
export class EngineResultFuture implements ResultFuture<unknown> {
  #told: Told | undefined;
  #isOver = false;

  complete(results: Iterable<unknown>): void {
    this.#tell("complete(results)", 0, results);
  }

  completeExceptionally(error: Error): void {
    this.#tellError("completeExceptionally(error)", 0, error);
  }

  completeAfter(delay: TimeSpan, results: Iterable<unknown>): void {
    const call = "completeAfter(delay, results)";
    this.#tell(call, spanArgument(call, delay), results);
  }

  completeExceptionallyAfter(delay: TimeSpan, error: Error): void {
    const call = "completeExceptionallyAfter(delay, error)";
    this.#tellError(call, spanArgument(call, delay), error);
  }

  #tell(call: string, delay: number, results: Iterable<unknown>): void {
    if (typeof (results as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] !== "function") {
      reject(`${call} takes an iterable of results, as in complete([result]).`);
    }
    this.#put(call, [[...results], later + delay]);
  }

  #tellError(call: string, delay: number, error: unknown): void {
    if (!(error instanceof Error)) reject(`${call} takes an Error, as in new Error("no answer").`);
    const at = errorPosition(error);
    this.#put(call, [null, later + delay, `${error.name}: ${error.message}`, at?.line, at?.column]);
  }

  /** Of several answers the first one counts. */
  #put(call: string, told: Told): void {
    if (this.#isOver) reject(`${call} came too late. ${TOO_LATE}`);
    if (told[1] < 0) reject(`${call}: the delay must not be negative, and is ${told[1]} ms.`);
    if (this.#told === undefined || told[1] < this.#told[1]) this.#told = told;
  }

  /** @internal What has come of a call. */
  outcomeOf(returned: unknown): unknown {
    this.#isOver = true;
    if (returned instanceof Promise) {
      reject(`asyncInvoke returned a Promise, whose results come too late. ${TOO_LATE}`);
    }
    return this.#told;
  }

  /** @internal Flink's answer of a function without a `timeout` of its own. */
  static timedOut(): unknown {
    return [null, 0, "TimeoutException: Async function call has timed out."];
  }
}

guardMembers({ EngineResultFuture });

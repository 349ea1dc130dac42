/**
 * The page's side of the engine: requests become promises, the same whether the engine runs in a worker or,
 * where a page forbids workers, on the main thread.
 *
 * In a worker, user code that never returns is stopped and named; see `watchdog.ts`.
 */
import { EngineHost } from "./host";
import { errorOf } from "./job-errors";
import { loadEngine } from "./load";
import type { FromEngine, ToEngine } from "./protocol";
import { WatchedEngine } from "./watchdog";

/** A message of the page without its number. */
export type Request = ToEngine extends infer M
  ? M extends { request: number }
    ? Omit<M, "request">
    : never
  : never;

export interface EnginePort {
  /** Asks the engine; what goes wrong is answered by a message of kind `error`, never thrown. */
  request(message: Request): Promise<FromEngine>;
  /** Ends the engine. What was asked and not answered stays so. */
  terminate(): void;
}

/** A new engine for one lab. */
export function createEnginePort(): EnginePort {
  const start = (): Worker => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    return new WatchedEngine(start);
  } catch {
    // The page's policy forbids workers.
    return new LocalEngine();
  }
}

/** The engine on the page's own thread. */
export class LocalEngine implements EnginePort {
  readonly #answers = new Map<number, (message: FromEngine) => void>();
  readonly #host = new EngineHost((message) => {
    if (!("request" in message)) return;
    this.#answers.get(message.request)?.(message);
    this.#answers.delete(message.request);
  });
  #next = 1;
  #isTerminated = false;

  async request(message: Request): Promise<FromEngine> {
    const request = this.#next++;
    try {
      await loadEngine();
    } catch (error) {
      return { kind: "error", request, error: errorOf(error) };
    }
    return new Promise((resolve) => {
      if (this.#isTerminated) return;
      this.#answers.set(request, resolve);
      this.#host.take({ ...message, request });
    });
  }

  terminate(): void {
    this.#isTerminated = true;
    this.#answers.clear();
  }
}

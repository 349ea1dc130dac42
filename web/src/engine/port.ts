/**
 * The page's side of the engine: requests become promises, the same whether the engine runs in a worker or,
 * where a page forbids workers, on the main thread.
 *
 * In a worker, user code that never returns is stopped and named; see `watchdog.ts`.
 */
import { engineModule } from "./module";
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
  const start = (): Worker => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    void engineModule().then((module) => worker.postMessage({ module }));
    return worker;
  };
  try {
    return new WatchedEngine(start, () => new PageEngine());
  } catch {
    // The page's policy forbids workers.
    return new PageEngine();
  }
}

/** The engine on the page's own thread. Its code is fetched only where it is needed. */
export class PageEngine implements EnginePort {
  readonly #engine = import("./local-engine").then(({ LocalEngine }) => new LocalEngine());

  async request(message: Request): Promise<FromEngine> {
    return (await this.#engine).request(message);
  }

  terminate(): void {
    void this.#engine.then((engine) => engine.terminate());
  }
}

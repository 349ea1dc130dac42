/** The engine on the page's own thread, where workers are forbidden. Endless user code cannot be stopped here. */
import { EngineHost } from "./host";
import { errorOf } from "./job-errors";
import { loadEngine } from "./load";
import { engineModule } from "./module";
import type { EnginePort, Request } from "./port";
import type { FromEngine } from "./protocol";

export class LocalEngine implements EnginePort {
  readonly #answers = new Map<number, (message: FromEngine) => void>();
  readonly #host = new EngineHost((message) => {
    if (!("request" in message)) return;
    this.#answers.get(message.request)?.(message);
    this.#answers.delete(message.request);
  });
  #next = 1;
  /** One request after the other. */
  #answered = Promise.resolve();
  #isTerminated = false;

  async request(message: Request): Promise<FromEngine> {
    const request = this.#next++;
    try {
      await loadEngine(await engineModule());
    } catch (error) {
      return { kind: "error", request, error: errorOf(error) };
    }
    return new Promise((resolve) => {
      if (this.#isTerminated) return;
      this.#answers.set(request, resolve);
      this.#answered = this.#answered.then(() =>
        this.#isTerminated ? undefined : this.#host.take({ ...message, request }),
      );
    });
  }

  terminate(): void {
    this.#isTerminated = true;
    this.#answers.clear();
  }
}

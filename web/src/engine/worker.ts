/** The engine in a worker: loaded, then one message after the other. */
import { EngineHost } from "./host";
import { errorOf } from "./job-errors";
import { loadEngine } from "./load";
import type { FromEngine, ToEngine } from "./protocol";

const say = (message: FromEngine, transfer: Transferable[] = []): void => {
  postMessage(message, { transfer });
};

const host = new EngineHost(say);
let answered = loadEngine().then(
  () => host.ready(),
  (error: unknown) => say({ kind: "error", request: -1, error: errorOf(error) }),
);

addEventListener("message", (event: MessageEvent<ToEngine>) => {
  answered = answered.then(() => host.take(event.data));
});

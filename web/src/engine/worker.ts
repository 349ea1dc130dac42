/** The engine in a worker: given its module by the page, then one message after the other. */
import { EngineHost } from "./host";
import { errorOf } from "./job-errors";
import { loadEngine } from "./load";
import type { FromEngine, ToEngine } from "./protocol";

const say = (message: FromEngine, transfer: Transferable[] = []): void => {
  postMessage(message, { transfer });
};

const host = new EngineHost(say);
let give: (module: WebAssembly.Module | null) => void;
const given = new Promise<WebAssembly.Module | null>((resolve) => (give = resolve));
let answered = given.then(loadEngine).then(
  () => host.ready(),
  (error: unknown) => say({ kind: "error", request: -1, error: errorOf(error) }),
);

addEventListener(
  "message",
  ({ data }: MessageEvent<ToEngine | { readonly module: WebAssembly.Module | null }>) => {
    if ("module" in data) give(data.module);
    else answered = answered.then(() => host.take(data));
  },
);
// A module that cannot be passed on.
addEventListener("messageerror", () => give(null));

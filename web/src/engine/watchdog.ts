/**
 * The engine in a worker, watched: where user code does not return, the worker is ended, the function named
 * by a second one that replays the run, and a third one put where the page stood, so that it stays usable.
 *
 * Replay is exact, so that the second worker comes to the same call.
 */
import { Header } from "./frame";
import type { EnginePort, Request } from "./port";
import type { FromEngine, JobError, ToEngine } from "./protocol";

/** Without a sign of life for so long, user code is taken for endless. */
const SILENCE_MILLIS = 2500;

/** Ticks that no run has: on and on until the endless call. */
const ON_AND_ON = 1e12;

type Calling = Extract<FromEngine, { kind: "calling" }>;
type Open = Omit<Extract<ToEngine, { kind: "open" }>, "request">;

/** A worker as it is seen from here. */
export type EngineWorker = Pick<Worker, "postMessage" | "terminate" | "addEventListener">;

interface Asked {
  readonly message: Request;
  readonly resolve: (answer: FromEngine) => void;
}

/** A place in a run. */
interface Place {
  readonly tick: number;
  readonly turn: number;
}

export class WatchedEngine implements EnginePort {
  readonly #start: () => EngineWorker;
  readonly #otherwise: () => EnginePort;
  readonly #silenceMillis: number;
  #worker: EngineWorker;
  #asked = new Map<number, Asked>();
  #next = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isReady = false;
  /** Of any worker. */
  #wasReady = false;
  #instead: EnginePort | null = null;
  #isTerminated = false;
  /** Requests that came while a worker is replaced. */
  #held: Asked[] | null = null;
  /** The run that the page has, and where it stands in it. */
  #opened: Open | null = null;
  #place: Place = { tick: 0, turn: 0 };
  /** How far the request that is under way has come. */
  #aliveTick = 0;

  /**
   * @param start Starts a worker; may throw where the page's policy forbids workers.
   * @param otherwise Makes the engine that takes over where the first worker does not start: a policy may say
   * so only after the worker was made.
   */
  constructor(
    start: () => EngineWorker,
    otherwise: () => EnginePort,
    silenceMillis: number = SILENCE_MILLIS,
  ) {
    this.#start = start;
    this.#otherwise = otherwise;
    this.#silenceMillis = silenceMillis;
    this.#worker = this.#listenTo(start());
  }

  request(message: Request): Promise<FromEngine> {
    if (this.#instead !== null) return this.#instead.request(message);
    return new Promise((resolve) => {
      if (this.#isTerminated) return;
      const asked = { message, resolve };
      if (this.#held === null) this.#send(asked);
      else this.#held.push(asked);
    });
  }

  terminate(): void {
    this.#isTerminated = true;
    clearTimeout(this.#timer);
    this.#worker.terminate();
    this.#instead?.terminate();
    this.#asked.clear();
  }

  #send(asked: Asked): void {
    const request = this.#next++;
    this.#asked.set(request, asked);
    this.#worker.postMessage({ ...asked.message, request });
    this.#watch();
  }

  #listenTo(worker: EngineWorker): EngineWorker {
    worker.addEventListener("message", (event: MessageEvent<FromEngine>) => {
      if (worker === this.#worker) this.#hear(event.data);
    });
    worker.addEventListener("error", (event: ErrorEvent) => {
      if (worker === this.#worker) this.#breakDown(event.message);
    });
    return worker;
  }

  #hear(message: FromEngine): void {
    this.#watch();
    if (message.kind === "ready") this.#isReady = this.#wasReady = true;
    if (message.kind === "alive") this.#aliveTick = message.tick;
    if (message.kind === "error" && message.request < 0) {
      this.#breakDown(message.error.message);
      return;
    }
    if (!("request" in message)) return;
    const asked = this.#asked.get(message.request);
    this.#asked.delete(message.request);
    if (this.#asked.size === 0) clearTimeout(this.#timer);
    if (asked === undefined) return;
    this.#note(asked.message, message);
    asked.resolve(message);
  }

  /** Remembers what a new worker would have to be told. */
  #note(asked: Request, answer: FromEngine): void {
    if (answer.kind === "opened" && asked.kind === "open") this.#opened = asked;
    if (answer.kind === "commanded" && asked.kind === "command" && this.#opened !== null) {
      const { tick } = answer;
      const before = (this.#opened.commands ?? []).filter((given) => given.tick <= tick);
      this.#opened = { ...this.#opened, commands: [...before, { tick, command: asked.command }] };
    }
    if (answer.kind === "amended" && asked.kind === "amend" && this.#opened !== null) {
      this.#opened = { ...this.#opened, commands: asked.commands };
    }
    if (answer.kind === "opened" || answer.kind === "moved" || answer.kind === "amended") {
      this.#place = placeOf(answer.moment.frame);
      this.#aliveTick = this.#place.tick;
    }
  }

  /** The worker could not start, or its own code failed. */
  #breakDown(message: string): void {
    clearTimeout(this.#timer);
    if (!this.#wasReady) {
      this.#takeOver();
      return;
    }
    for (const [request, { resolve }] of this.#asked) {
      resolve({
        kind: "error",
        request,
        error: { kind: "panic", message: message || "The engine did not start." },
      });
    }
    this.#asked.clear();
  }

  /** Workers do not start here: the other engine answers what was asked, and all that follows. */
  #takeOver(): void {
    this.#worker.terminate();
    const instead = this.#otherwise();
    this.#instead = instead;
    for (const { message, resolve } of this.#asked.values()) void instead.request(message).then(resolve);
    this.#asked.clear();
  }

  /** Begins to wait for the next sign of life. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#asked.size === 0 || !this.#isReady) return;
    this.#timer = setTimeout(() => {
      // A page that was busy itself hears late: what lies in its queue comes before this second timer.
      this.#timer = setTimeout(() => void this.#stopEndless(), 50);
    }, this.#silenceMillis);
  }

  async #stopEndless(): Promise<void> {
    const [first, ...others] = this.#asked.values();
    if (first === undefined) return;
    this.#asked = new Map();
    this.#held = others;
    this.#worker.terminate();
    const error = isMove(first.message) ? await this.#nameEndless() : ownCodeEndless(this.#silenceMillis);
    await this.#comeBack();
    first.resolve({ kind: "error", request: 0, error });
    const held = this.#held;
    this.#held = null;
    for (const asked of held) this.#send(asked);
  }

  /** Replays the run with every call announced from the last sign of life on: the last one is it. */
  async #nameEndless(): Promise<JobError> {
    const tick = this.#aliveTick;
    const opened = this.#opened;
    const seconds = this.#silenceMillis / 1000;
    if (opened === null) return ownCodeEndless(this.#silenceMillis);
    const last = await this.#lastCall(opened, tick);
    if (last === undefined) {
      return {
        kind: "endless",
        message: `The engine was silent for ${seconds} seconds and was stopped.`,
        tick,
      };
    }
    return {
      kind: "endless",
      message: `A function of ${last.task} did not return within ${seconds} seconds, and was stopped. Most likely it loops for ever.`,
      task: last.task,
      tick,
      ...(last.at === undefined ? {} : { at: last.at }),
    };
  }

  #lastCall(opened: Open, fromTick: number): Promise<Calling | undefined> {
    return new Promise((resolve) => {
      const worker = this.#start();
      let last: Calling | undefined;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = (): void => {
        worker.terminate();
        resolve(last);
      };
      worker.addEventListener("message", (event: MessageEvent<FromEngine>) => {
        const message = event.data;
        clearTimeout(timer);
        if (message.kind === "calling") last = message;
        if (message.kind === "moved" || message.kind === "error") end();
        else timer = setTimeout(end, this.#silenceMillis);
      });
      worker.addEventListener("error", end);
      const steps: readonly Request[] = [
        opened,
        { kind: "announce", fromTick },
        { kind: "advance", ticks: ON_AND_ON },
      ];
      steps.forEach((step, index) => worker.postMessage({ ...step, request: index }));
    });
  }

  /** A new worker, in the same run at the same place. */
  async #comeBack(): Promise<void> {
    this.#isReady = false;
    this.#worker = this.#listenTo(this.#start());
    const { tick, turn } = this.#place;
    const opened = this.#opened;
    if (opened === null) return;
    await new Promise<FromEngine>((resolve) => {
      this.#send({ message: opened, resolve: () => undefined });
      this.#send({ message: { kind: "seek", tick, turn }, resolve });
    });
  }
}

function ownCodeEndless(silenceMillis: number): JobError {
  const message = `The job's own code did not return within ${silenceMillis / 1000} seconds, and was stopped. Most likely it loops for ever.`;
  return { kind: "endless", message };
}

function isMove({ kind }: Request): boolean {
  return kind === "advance" || kind === "step" || kind === "seek" || kind === "amend";
}

/** Where the frame stands. */
function placeOf(frame: Uint32Array): Place {
  const low = frame[Header.tickLow] ?? 0;
  const high = frame[Header.tickHigh] ?? 0;
  return { tick: high * 2 ** 32 + low, turn: frame[Header.turn] ?? 0 };
}

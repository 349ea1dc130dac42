/**
 * The engine behind a port: takes the page's messages one by one and answers each.
 *
 * Long runs are cut into slices of a few milliseconds, between which it gives a sign of life, so that the
 * page can tell a long run from user code that never returns.
 */
import { compileJob, momentOf, submitJob, type CompiledJob } from "../api/compile";
import { loadParserFor } from "../api/parser";
import type { CheckpointRows } from "./checkpoints";
import { Header } from "./frame";
import { errorOf } from "./job-errors";
import * as native from "./native";
import type {
  BufferDetail,
  EventTime,
  FileContents,
  FromEngine,
  MessagePage,
  Moment,
  RecordOrigin,
  TaskDetail,
  TaskManagerDetail,
  ToEngine,
  TraceEntry,
} from "./protocol";

/** A slice of a long run. */
const SLICE_MILLIS = 8;
/** Between two signs of life. */
const ALIVE_MILLIS = 100;

/** A file of the run, as its bytes and its description. */
const fileOf = ([bytes, text]: [Uint8Array, string]): FileContents => ({ bytes, text });

/** Takes what the engine says unasked, and its answers. */
export type Say = (message: FromEngine, transfer?: Transferable[]) => void;

type Look = Extract<
  ToEngine,
  {
    kind:
      | "inspectTask"
      | "inspectBuffer"
      | "inspectTaskManager"
      | "trace"
      | "messages"
      | "eventTime"
      | "originOf";
  }
>;

/** Looks at checkpoints and their files. */
type LookAtCheckpoints = Extract<
  ToEngine,
  { kind: "checkpoints" | "heldState" | "files" | "fileContents" | "exportSnapshot" }
>;

type Move = Extract<ToEngine, { kind: "advance" | "step" | "seek" }>;

export class EngineHost {
  readonly #say: Say;
  #opened: { readonly compiled: CompiledJob; readonly lab: native.Lab } | null = null;
  /** Version of the topology that the page has. */
  #knownTopology: number | undefined;
  /** The tick at which the run stands, or stood before it broke. */
  #tick = 0;
  /** From which tick on calls of user functions are told. */
  #announceFrom = Number.POSITIVE_INFINITY;
  #aliveAt = 0;

  constructor(say: Say) {
    this.#say = say;
  }

  /** Tells the page that the engine is loaded. */
  ready(): void {
    this.#say({ kind: "ready", version: native.version() });
  }

  /** Answers a message: at once, or when what its job is checked with is there. */
  async take(message: ToEngine): Promise<void> {
    if (message.kind === "check" || message.kind === "open") await loadParserFor(message.source);
    this.#aliveAt = performance.now();
    try {
      this.#answer(message);
    } catch (thrown) {
      const error = errorOf(thrown);
      const tick = error.kind === "panic" ? { tick: this.#tick } : {};
      this.#say({ kind: "error", request: message.request, error: { ...tick, ...error } });
    }
  }

  #answer(message: ToEngine): void {
    const { request } = message;
    switch (message.kind) {
      case "check": {
        const { graphs } = compileJob(message.source, message.scenario.seed);
        this.#say({ kind: "checked", request, graphs });
        return;
      }
      case "open":
        this.#open(message);
        return;
      case "advance":
      case "step":
      case "seek":
        this.#move(message);
        this.#sayMoment((moment) => ({ kind: "moved", request, moment }));
        return;
      case "command": {
        const tick = this.#run().command(message.command);
        this.#sayMoment((moment) => ({ kind: "commanded", request, tick, moment }));
        return;
      }
      case "amend":
        this.#amend(message);
        this.#sayMoment((moment) => ({ kind: "amended", request, moment }));
        return;
      case "announce":
        this.#announce(message.fromTick);
        this.#say({ kind: "announcing", request });
        return;
      case "originOf":
      case "inspectTask":
      case "inspectBuffer":
      case "inspectTaskManager":
      case "trace":
      case "messages":
      case "eventTime":
        this.#look(message);
        return;
      case "checkpoints":
      case "heldState":
      case "files":
      case "fileContents":
      case "exportSnapshot":
        this.#lookAtCheckpoints(message);
        return;
      default:
        message satisfies never;
    }
  }

  /** Answers what only looks at the run. */
  #look(message: Look): void {
    const { request } = message;
    switch (message.kind) {
      case "originOf": {
        const { operator, entry } = message;
        const origin = this.#run().originOf(operator.task, operator.place, entry) as RecordOrigin | null;
        this.#say({ kind: "origin", request, origin });
        return;
      }
      case "inspectTask": {
        const task = this.#run().inspectTask(message.task) as TaskDetail | undefined;
        if (task === undefined) throw new RangeError(`There is no task ${message.task}.`);
        this.#say({ kind: "task", request, task });
        return;
      }
      case "inspectBuffer": {
        const buffer = this.#run().inspectBuffer(message.channel, message.buffer) as BufferDetail | null;
        this.#say({ kind: "buffer", request, buffer });
        return;
      }
      case "inspectTaskManager": {
        const detail: unknown = this.#run().inspectTaskManager(message.taskManager);
        if (detail === undefined) throw new RangeError(`There is no TaskManager ${message.taskManager}.`);
        this.#say({ kind: "taskManager", request, taskManager: detail as TaskManagerDetail });
        return;
      }
      case "trace": {
        const trace = this.#run().trace(message.from, message.limit) as {
          readonly entries: readonly TraceEntry[];
          readonly total: number;
        };
        this.#say({ kind: "trace", request, ...trace });
        return;
      }
      case "messages": {
        const from = message.from === "end" ? undefined : message.from;
        const page = this.#run().messages(message.filter, message.limit, from) as MessagePage;
        this.#say({ kind: "messages", request, ...page });
        return;
      }
      case "eventTime": {
        const { operator, limit } = message;
        const answer = this.#run().eventTime(operator?.task, operator?.place, limit) as EventTime;
        this.#say({ kind: "eventTime", request, ...answer });
        return;
      }
      default:
        message satisfies never;
    }
  }

  /** The same about checkpoints and their files. */
  #lookAtCheckpoints(message: LookAtCheckpoints): void {
    const { request } = message;
    const run = this.#run();
    switch (message.kind) {
      case "checkpoints":
        this.#say({ kind: "checkpoints", request, rows: run.checkpoints() as CheckpointRows | null });
        return;
      case "heldState": {
        const rows = run.heldState(message.checkpoint) as CheckpointRows | null;
        this.#say({ kind: "heldState", request, rows });
        return;
      }
      case "files":
        this.#say({ kind: "files", request, rows: run.files() as CheckpointRows });
        return;
      case "fileContents": {
        const contents = run.fileContents(message.path) as [Uint8Array, string] | null;
        this.#say({ kind: "fileContents", request, file: contents && fileOf(contents) });
        return;
      }
      case "exportSnapshot": {
        const bytes = run.exportSnapshot(message.checkpoint) as Uint8Array | null;
        this.#say({ kind: "snapshot", request, bytes });
        return;
      }
      default:
        message satisfies never;
    }
  }

  #open(message: Extract<ToEngine, { kind: "open" }>): void {
    const compiled = compileJob(message.source, message.scenario.seed);
    const lab = submitJob(compiled, message.scenario, message.from);
    for (const { tick, command } of message.commands ?? []) lab.commandAt(tick, command);
    this.#opened?.lab.free();
    this.#opened = { compiled, lab };
    this.#tick = 0;
    this.#knownTopology = undefined;
    const { request } = message;
    this.#sayMoment((moment) => ({ kind: "opened", request, graphs: compiled.graphs, moment }));
  }

  /** Runs again from a tick with other commands, up to the moment at which it stood. */
  #amend({ from, commands }: Extract<ToEngine, { kind: "amend" }>): void {
    const lab = this.#run();
    const frame = lab.frame();
    const [tick, turn] = [lab.tick, frame[Header.turn] ?? 0];
    lab.rewind(Math.min(from, tick));
    for (const given of commands) if (given.tick >= from) lab.commandAt(given.tick, given.command);
    this.#tick = lab.tick;
    this.#advanceTo(lab, tick);
    lab.seek(tick, turn);
  }

  #run(): native.Lab {
    if (this.#opened === null) throw new JobNotOpen();
    return this.#opened.lab;
  }

  #move(message: Move): void {
    const lab = this.#run();
    this.#tick = lab.tick;
    switch (message.kind) {
      case "advance":
        this.#advanceTo(lab, lab.tick + message.ticks);
        return;
      case "step":
        lab.step(message.by, message.direction, message.task);
        return;
      case "seek":
        // Ahead by slices; back, and the last turns, are short.
        this.#advanceTo(lab, message.tick);
        lab.seek(message.tick, message.turn);
        return;
    }
  }

  /** Runs ahead to a tick, if it lies ahead. */
  #advanceTo(lab: native.Lab, tick: number): void {
    let slice = 1;
    while (this.#tick < tick && !lab.isOver) {
      const began = performance.now();
      const untold = this.#announceFrom > this.#tick ? this.#announceFrom - this.#tick : slice;
      lab.advance(Math.min(slice, tick - this.#tick, untold));
      this.#tick = lab.tick;
      const now = performance.now();
      slice = now - began < SLICE_MILLIS / 2 ? slice * 2 : Math.max(1, Math.ceil(slice / 2));
      if (now - this.#aliveAt > ALIVE_MILLIS) {
        this.#aliveAt = now;
        this.#say({ kind: "alive", tick: this.#tick });
      }
    }
  }

  #sayMoment(answer: (moment: Moment) => FromEngine): void {
    if (this.#opened === null) throw new JobNotOpen();
    const { compiled, lab } = this.#opened;
    const rest = momentOf(compiled, lab, this.#knownTopology);
    const frame = lab.frame();
    this.#knownTopology = frame[Header.topologyVersion];
    this.#say(answer({ ...rest, frame }), [frame.buffer]);
  }

  #announce(fromTick: number): void {
    this.#announceFrom = fromTick;
    const functions = this.#opened?.compiled.functions;
    functions?.listen((functionId) => {
      if (this.#tick < fromTick) return;
      const at = functions.position(functionId);
      this.#say({ kind: "calling", task: native.runningTask(), ...(at === undefined ? {} : { at }) });
    });
  }
}

/** A message that needs a run came before one was opened. */
class JobNotOpen extends Error {
  override readonly name = "JobNotOpen";

  constructor() {
    super("No job was opened yet.");
  }
}

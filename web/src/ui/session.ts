/**
 * One lab's session with its engine: which job runs, where in time it stands, what was read last.
 *
 * It owns the port and keeps one order for all moves. Panels read its fields and are told by topic when
 * they changed; they never talk to the port themselves.
 */
import type { Speed } from "./lab-options";
import { Header, JOB_STATUS } from "../engine/frame";
import type { EnginePort } from "../engine/port";
import type {
  Command,
  FromEngine,
  GivenCommand,
  Graphs,
  JobError,
  Moment,
  ScenarioOptions,
  ScheduledProcessFault,
  SnapshotStart,
  SpeedChange,
  StepUnit,
  Topology,
} from "../engine/protocol";
import { sampleOf } from "./frame-sample";
import { History } from "./history";
import { Observers } from "./observers";
import { Playback } from "./playback";
import { StdoutLog } from "./stdout-log";

/**
 * What changed: `run` the job, its errors or whether it plays; `moment` where it stands; `choice` what the
 * reader selected or set; `scheme` whether it is light or dark.
 */
export type Topic = "run" | "moment" | "choice" | "scheme";

/** The cluster that a run gets. */
export interface Cluster {
  readonly seed: number;
  readonly taskManagers: number;
  readonly slots: number;
  readonly speeds: Readonly<Record<string, number>>;
  /** Speeds that change while the job runs. */
  readonly speedChanges: readonly SpeedChange[];
  /** What goes wrong with tasks and processes, and when. */
  readonly processFaults: readonly ScheduledProcessFault[];
  /** Null, here and below: the engine's default. */
  readonly segmentBytes: number | null;
  /** Of each TaskManager, in Flink's notation. */
  readonly networkMemory: string | null;
  readonly managedMemory: string | null;
  readonly linkLatencyTicks: number | null;
  readonly linkBytesPerTick: number | null;
  readonly diskBytesPerTick: number | null;
  /** What else the scenario says. */
  readonly scenario: Partial<ScenarioOptions>;
}

/** A job that was built and runs. */
export interface Run {
  readonly source: string;
  readonly cluster: Cluster;
  readonly graphs: Graphs;
  /** What was commanded while it ran. */
  readonly commands: readonly GivenCommand[];
  /** What it started from, if not from nothing. */
  readonly from?: SnapshotStart;
}

/** A panic or an engine that went away: the run cannot go on from here. */
export interface Wreck {
  readonly error: JobError;
  readonly tick: number;
}

type Request = Parameters<EnginePort["request"]>[0];

/** Answers to what only looks. */
type Looked =
  | "task"
  | "buffer"
  | "taskManager"
  | "trace"
  | "messages"
  | "eventTime"
  | "origin"
  | "checkpoints"
  | "heldState"
  | "files"
  | "fileContents"
  | "snapshot";

/** What is loaded when a job needs it. */
export interface SessionNeeds {
  /** Texts for the paths that a source names. */
  readonly texts: (source: string) => Promise<Readonly<Record<string, string>>>;
  /** What these graphs are drawn with. */
  readonly layouts: (graphs: Graphs) => Promise<void>;
}

export class Session {
  readonly stdout = new StdoutLog();
  readonly history = new History();
  readonly observers = new Observers<Topic>();

  /** Null until a job was built. */
  run: Run | null = null;
  topology: Topology | null = null;
  moment: Moment | null = null;
  /** Why the job that was last to be opened was not; the run before it goes on. */
  jobError: JobError | null = null;
  /** Why the last move was not made whole: user code that did not return. The run stands before it. */
  runError: JobError | null = null;
  wreck: Wreck | null = null;
  /** What is being waited for, in words; null where nothing is. */
  waiting: string | null = null;

  playing = false;
  speed: Speed = 20;
  stepUnit: StepUnit = "tick";
  /** Runs at full speed until the job ends, whatever `speed` says. */
  private toTheEnd = false;

  private port: EnginePort | null = null;
  private readonly playback = new Playback();
  /** The last of the moves that were asked for. */
  private queue: Promise<void> = Promise.resolve();
  private queued = 0;
  private seekWanted: number | null = null;

  private readonly createPort: () => EnginePort;
  private readonly needs: SessionNeeds;

  constructor(createPort: () => EnginePort, needs: SessionNeeds) {
    this.createPort = createPort;
    this.needs = needs;
  }

  get tick(): number {
    const frame = this.moment?.frame;
    return frame === undefined
      ? 0
      : (frame[Header.tickHigh] ?? 0) * 0x1_0000_0000 + (frame[Header.tickLow] ?? 0);
  }

  get turn(): number {
    return this.moment?.frame[Header.turn] ?? 0;
  }

  get status(): (typeof JOB_STATUS)[number] | null {
    const index = this.moment?.frame[Header.jobStatus];
    return index === undefined ? null : (JOB_STATUS[index] ?? null);
  }

  /** Nothing can happen any more. */
  get ended(): boolean {
    return ((this.moment?.frame[Header.flags] ?? 0) & 1) === 1;
  }

  get furthestTick(): number {
    return this.moment?.furthestTick ?? 0;
  }

  /** A move is under way. */
  get moving(): boolean {
    return this.queued > 0;
  }

  /** Builds `source` and stands at tick 0 of it. False, with `jobError` set, where it does not build. */
  async open(
    source: string,
    cluster: Cluster,
    commands: readonly GivenCommand[] = [],
    from?: SnapshotStart,
  ): Promise<boolean> {
    this.pause();
    this.say(this.port === null ? "the engine" : "the job");
    const opened = await this.inOrder(async () => {
      const files = await this.loaded(this.needs.texts(source));
      if (files === null) return false;
      const answer = await this.ask({
        kind: "open",
        source,
        commands,
        ...(from === undefined ? {} : { from }),
        scenario: {
          seed: cluster.seed,
          taskManagers: cluster.taskManagers,
          slotsPerTaskManager: cluster.slots,
          files,
          speeds: cluster.speeds,
          speedChanges: cluster.speedChanges,
          processFaults: cluster.processFaults,
          memory: memoryOf(cluster),
          ...cluster.scenario,
          ...given({
            segmentBytes: cluster.segmentBytes,
            linkLatencyTicks: cluster.linkLatencyTicks,
            linkBytesPerTick: cluster.linkBytesPerTick,
            diskBytesPerTick: cluster.diskBytesPerTick,
          }),
        },
      });
      if (answer.kind === "error") this.jobError = answer.error;
      if (answer.kind !== "opened") return false;
      const drawable = (await this.loaded(this.needs.layouts(answer.graphs))) !== null;
      this.stdout.clear();
      this.history.clear();
      this.topology = null;
      this.moment = null;
      this.wreck = null;
      this.runError = null;
      this.run = null;
      // The engine left the run before it.
      if (!drawable) return false;
      this.jobError = null;
      this.run = {
        source,
        cluster,
        graphs: answer.graphs,
        commands,
        ...(from === undefined ? {} : { from }),
      };
      this.take(answer.moment);
      return true;
    });
    this.say(null);
    return opened;
  }

  play(): void {
    if (this.run === null || this.wreck !== null || this.ended || this.playing) return;
    this.playing = true;
    this.playback.start(performance.now());
    this.observers.tell("run");
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.toTheEnd = false;
    this.observers.tell("run");
  }

  setSpeed(speed: Speed): void {
    this.speed = speed;
    this.toTheEnd = false;
    this.observers.tell("run");
  }

  setStepUnit(unit: StepUnit): void {
    this.stepUnit = unit;
    this.observers.tell("run");
  }

  /** Plays at full speed until the job ends. */
  playToTheEnd(): void {
    this.toTheEnd = true;
    this.play();
  }

  /** Called once a drawn frame while playing: sends the ticks that are due, unless an answer is still out. */
  advance(now: number): void {
    if (!this.playing || this.moving) return;
    const ticks = this.playback.ticksDue(now, this.toTheEnd ? "max" : this.speed);
    if (ticks === 0) return;
    void this.inOrder(async () => {
      const sent = performance.now();
      await this.move({ kind: "advance", ticks });
      this.playback.answered(ticks, performance.now() - sent);
      if (this.ended) this.pause();
    });
  }

  step(direction: 1 | -1, by: StepUnit = this.stepUnit, task?: number): Promise<void> {
    this.pause();
    const narrowed = task === undefined ? {} : { task };
    return this.inOrder(() => this.move({ kind: "step", by, direction, ...narrowed }));
  }

  /** Goes to a tick; while one jump is under way only the last of the others is done after it. */
  seek(tick: number): Promise<void> {
    this.pause();
    const asked = this.seekWanted !== null;
    this.seekWanted = Math.max(0, Math.round(tick));
    if (asked) return this.queue;
    return this.inOrder(async () => {
      const wanted = this.seekWanted;
      this.seekWanted = null;
      if (wanted !== null) await this.move({ kind: "seek", tick: wanted, turn: 0 });
    });
  }

  /** Commands the run. What was seen of the ticks to come is not so any more. */
  command(command: Command): Promise<void> {
    return this.inOrder(async () => {
      if (this.run === null || this.wreck !== null) return;
      const answer = await this.ask({ kind: "command", command });
      if (answer.kind === "error") this.halt(answer.error);
      if (answer.kind !== "commanded") return;
      const { tick } = answer;
      const before = this.run.commands.filter((given) => given.tick <= tick);
      this.run = { ...this.run, commands: [...before, { tick, command }] };
      this.history.forget(tick);
      this.take(answer.moment);
    });
  }

  /** The commands of the run are others from tick `from` on: it is run again from there to where it stands. */
  amend(from: number, commands: readonly GivenCommand[]): Promise<void> {
    this.pause();
    return this.inOrder(async () => {
      if (this.run === null || this.wreck !== null) return;
      const answer = await this.ask({ kind: "amend", from, commands });
      if (answer.kind === "error") this.halt(answer.error);
      if (answer.kind !== "amended") return;
      this.run = { ...this.run, commands };
      this.history.forget(from);
      this.take(answer.moment);
      this.observers.tell("run");
    });
  }

  /** After a wreck: a new engine, the same run, one tick before it broke. */
  async recover(): Promise<void> {
    if (this.wreck !== null) await this.restart(Math.max(0, this.wreck.tick - 1));
  }

  /** After `dispose`: a new engine, the same run, where it stood. */
  async resume(): Promise<void> {
    if (this.run !== null && this.port === null) await this.restart(this.tick);
  }

  private async restart(tick: number): Promise<void> {
    if (this.run === null) return;
    this.dispose();
    const { source, cluster, commands, from } = this.run;
    if (await this.open(source, cluster, commands, from)) await this.seek(tick);
  }

  /** Asks for something to look at; null where the engine has no such answer any more. */
  async look<K extends Looked>(
    request: Extract<
      Request,
      {
        kind:
          | "inspectTask"
          | "inspectBuffer"
          | "inspectTaskManager"
          | "trace"
          | "messages"
          | "eventTime"
          | "originOf"
          | "checkpoints"
          | "heldState"
          | "files"
          | "fileContents"
          | "exportSnapshot";
      }
    >,
    kind: K,
  ): Promise<Extract<FromEngine, { kind: K }> | null> {
    if (this.port === null || this.wreck !== null) return null;
    const answer = await this.port.request(request);
    return answer.kind === kind ? (answer as Extract<FromEngine, { kind: K }>) : null;
  }

  /** Ends the engine; `resume` starts another one. */
  dispose(): void {
    this.pause();
    this.port?.terminate();
    this.port = null;
  }

  /** What was loaded; null, with `jobError` set, where that failed. */
  private async loaded<T>(needed: Promise<T>): Promise<T | null> {
    try {
      return await needed;
    } catch (error) {
      this.jobError = { kind: "load", message: error instanceof Error ? error.message : String(error) };
      return null;
    }
  }

  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    this.queued += 1;
    const result = this.queue.then(work);
    this.queue = result.then(
      () => this.leave(),
      () => this.leave(),
    );
    return result;
  }

  private leave(): void {
    this.queued -= 1;
  }

  private async move(request: Request): Promise<void> {
    if (this.run === null || this.wreck !== null) return;
    const answer = await this.ask(request);
    if (answer.kind === "moved") this.take(answer.moment);
    if (answer.kind === "error") this.halt(answer.error);
  }

  private ask(request: Request): Promise<FromEngine> {
    this.port ??= this.createPort();
    return this.port.request(request);
  }

  private halt(error: JobError): void {
    this.pause();
    if (error.kind === "panic") this.wreck = { error, tick: error.tick ?? this.tick };
    else this.runError = error;
    this.observers.tell("run");
  }

  private take(moment: Moment): void {
    const hadError = this.runError !== null || this.moment?.failure !== undefined;
    this.moment = moment;
    this.runError = null;
    if (moment.topology !== undefined) this.topology = moment.topology;
    this.stdout.apply(moment.stdout);
    this.history.note(this.tick, sampleOf(moment.frame));
    this.observers.tell("moment");
    if (hadError || moment.failure !== undefined) this.observers.tell("run");
  }

  private say(waiting: string | null): void {
    this.waiting = waiting;
    this.observers.tell("run");
  }
}

/** Flink's options for the memory of a cluster. The network has exactly what is set: its least is its greatest. */
function memoryOf({ networkMemory, managedMemory }: Cluster): Readonly<Record<string, string>> {
  const memory = "taskmanager.memory";
  return {
    ...(networkMemory === null
      ? {}
      : { [`${memory}.network.min`]: networkMemory, [`${memory}.network.max`]: networkMemory }),
    ...(managedMemory === null ? {} : { [`${memory}.managed.size`]: managedMemory }),
  };
}

/** What of a list of settings is not left to the engine's default. */
function given<K extends string>(settings: Readonly<Record<K, number | null>>): Partial<Record<K, number>> {
  const set = Object.entries<number | null>(settings).filter(([, value]) => value !== null);
  return Object.fromEntries(set) as Partial<Record<K, number>>;
}

/**
 * How a failure walks over the graph: the pipelined regions in the order in which they were cancelled, and how far each
 * is on its way back. Read from the trace. Flink: `RestartPipelinedRegionFailoverStrategy`.
 */
import type { Graphs, Topology, TraceEntry } from "../engine/protocol";

/** How far a region is. */
export type RegionPhase =
  /** Its tasks are cancelled. */
  | "ending"
  /** All have ended, and wait for the back-off. */
  | "ended"
  /** They are as new, and wait for the results that they read. */
  | "created"
  /** They wait for slots. */
  | "scheduled"
  /** They are deployed. */
  | "starting"
  /** They run again, or are through. */
  | "running";

/** A region that a failure reached. Ticks; null: not yet. */
export interface RegionStep {
  /** Places in the topology. */
  readonly tasks: readonly number[];
  /** The task that failed; null: it is cancelled with others. */
  readonly root: number | null;
  readonly began: number;
  readonly ended: number | null;
  /** They are as new: the back-off is over. */
  readonly created: number | null;
  readonly scheduled: number | null;
  readonly deployed: number | null;
  readonly running: number | null;
  readonly phase: RegionPhase;
}

/** A failure, and those that came before the job had recovered from it. */
export interface Failover {
  readonly began: number;
  /** All of it runs again; null: not yet. */
  readonly over: number | null;
  /** The job is not restarted. */
  readonly isLast: boolean;
  /** In the order in which they were reached. */
  readonly steps: readonly RegionStep[];
}

/** The tasks of each pipelined region: those that are joined by a result which is read while it is written. */
export function regionsOf(graphs: Graphs, topology: Topology): readonly (readonly number[])[] {
  const regionOf = topology.tasks.map((_, task) => task);
  const find = (task: number): number => {
    let root = task;
    while (regionOf[root] !== root) root = regionOf[root] ?? root;
    return root;
  };
  const vertices = new Map(graphs.job_graph.vertices.map((vertex) => [vertex.id, vertex]));
  for (const { from, to, gate } of topology.channels) {
    const id = topology.vertices[topology.tasks[to]?.vertex ?? -1]?.id ?? "";
    const type = vertices.get(id)?.inputs[gate]?.result_type ?? "";
    if (type.startsWith("PIPELINED"))
      regionOf[Math.max(find(from), find(to))] = Math.min(find(from), find(to));
  }
  const tasks = new Map<number, number[]>();
  regionOf.forEach((_, task) => tasks.set(find(task), [...(tasks.get(find(task)) ?? []), task]));
  return [...tasks.values()];
}

/** The failures among the first `total` entries, oldest first. */
export function failovers(
  entries: readonly TraceEntry[],
  total: number,
  topology: Topology,
  regions: readonly (readonly number[])[],
): readonly Failover[] {
  const walker = new Walker(topology, regions);
  for (const entry of entries) {
    if (entry.number >= total) break;
    walker.read(entry);
  }
  return walker.failovers;
}

/** A step while it is read. */
interface Step {
  tasks: readonly number[];
  root: number | null;
  began: number;
  ended: number | null;
  created: number | null;
  scheduled: number | null;
  deployed: number | null;
  running: number | null;
  phase: RegionPhase;
}

interface Walk {
  readonly began: number;
  over: number | null;
  isLast: boolean;
  readonly steps: Step[];
}

/** What the JobMaster writes where it restarts tasks, with the one that failed. */
const RECOVERS = /^\d+ tasks will be restarted to recover (?:the failed task (.*)|a global failure)$/;

/** Whether an entry tells of a failure, or of the way back from one. */
export function isOfFailover({ kind }: TraceEntry): boolean {
  return kind === "job" || kind === "task";
}

/** Reads the trace, entry by entry. */
class Walker {
  readonly failovers: Walk[] = [];
  private readonly taskOf: ReadonlyMap<string, number>;
  private readonly regionOf = new Map<number, readonly number[]>();
  /** By task. */
  private readonly states: string[] = [];

  constructor(topology: Topology, regions: readonly (readonly number[])[]) {
    this.taskOf = new Map(topology.tasks.map(({ name }, task) => [name, task]));
    for (const region of regions) for (const task of region) this.regionOf.set(task, region);
  }

  read(entry: TraceEntry): void {
    const { kind, text, tick, from } = entry;
    if (kind === "job") this.readJob(text, tick);
    const task = kind === "task" ? this.taskOf.get(from) : undefined;
    if (task === undefined) return;
    this.states[task] = text;
    const { open } = this;
    if (open === null) return;
    const isEnding = text === "CANCELING" || text === "CANCELED" || text === "FAILED";
    const known = open.steps.find(({ tasks }) => tasks.includes(task));
    // What had finished is as new at once, where its result is lost.
    const isLost = text === "CREATED" && known === undefined;
    const step = isEnding || isLost ? this.reach(open, task, tick) : known;
    if (step === undefined) return;
    if (isLost) step.ended = tick;
    this.follow(step, tick);
    if (open.steps.every(({ phase }) => phase === "running")) open.over = tick;
  }

  private readJob(text: string, tick: number): void {
    const recovers = RECOVERS.exec(text);
    const isLast = text === "FAILING";
    if (recovers === null && !isLast) return;
    const open = this.open ?? { began: tick, over: null, isLast, steps: [] };
    if (open !== this.open) this.failovers.push(open);
    if (isLast) open.isLast = true;
    const named = this.taskOf.get(recovers?.[1] ?? "");
    const failed = isLast ? [...this.taskOf.values()].filter((task) => this.states[task] === "FAILED") : [];
    for (const root of named === undefined ? failed : [named]) {
      const step = this.reach(open, root, tick);
      step.root ??= root;
      this.follow(step, tick);
    }
  }

  private get open(): Walk | null {
    const last = this.failovers.at(-1);
    return last?.over === null ? last : null;
  }

  /** The step of a task's region. One that is on its way back already is reached once more. */
  private reach({ steps }: Walk, task: number, tick: number): Step {
    const tasks = this.regionOf.get(task) ?? [task];
    const known = steps.find((step) => step.tasks === tasks);
    if (known !== undefined && known.created === null) return known;
    if (known !== undefined) steps.splice(steps.indexOf(known), 1);
    const later = { ended: null, created: null, scheduled: null, deployed: null, running: null };
    const step: Step = { tasks, root: null, began: tick, ...later, phase: "ending" };
    steps.push(step);
    return step;
  }

  private follow(step: Step, tick: number): void {
    const are = (...states: readonly string[]): boolean =>
      step.tasks.every((task) => states.includes(this.states[task] ?? ""));
    if (are("CANCELED", "FAILED", "FINISHED") && step.created === null) {
      step.ended ??= tick;
      step.phase = "ended";
    } else if (step.ended === null) {
      // What the failure has just reached stands as it stood before.
    } else if (are("RUNNING", "FINISHED")) {
      step.running ??= tick;
      step.phase = "running";
    } else if (are("DEPLOYING", "INITIALIZING", "RUNNING", "FINISHED")) {
      step.deployed ??= tick;
      step.phase = "starting";
    } else if (are("SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING", "FINISHED")) {
      step.scheduled ??= tick;
      step.phase = "scheduled";
    } else if (are("CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING", "FINISHED")) {
      step.created ??= tick;
      step.phase = "created";
    }
  }
}

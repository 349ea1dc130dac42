/** The commands of a run in words, and what of them is still so at a moment: what can be taken back. */
import type {
  Command,
  FileSystemFault,
  Links,
  ProcessFault,
  SetTimestamp,
  Topology,
} from "../engine/protocol";
import { LINK_STATES } from "../engine/frame";
import { FrameReader, LinkField } from "../model/frame-reader";
import { timeText } from "../model/time-text";
import {
  actOn,
  commandOf,
  isAct,
  isGone,
  isOnYarn,
  processOf,
  type ActKind,
  type ProcessId,
} from "./process-faults";
import type { Run } from "./session";
import { speedInWords, speedOfVertex } from "./task-speeds";
import { count } from "./words";

/** Something that is wrong at a moment, and the command that mends it. */
export interface ActiveFault {
  readonly text: string;
  readonly takeBack: Command;
  /** What taking it back leads to, in words. */
  readonly then: string;
}

/** Where a run stands. */
export interface Place {
  readonly tick: number;
  readonly turn: number;
}

/** What is wrong at this moment: processes first, then links, then tasks. */
export function activeFaults(
  run: Run,
  topology: Topology,
  frame: Uint32Array,
  place: Place,
): readonly ActiveFault[] {
  return [
    ...processFaults(topology),
    ...slowProcesses(run, topology, place),
    ...linkFaults(topology, frame),
    ...speedFaults(run, topology, place),
    ...fileSystemFaults(run, place),
  ];
}

/** A command, as the list of them says it. */
export function commandInWords(command: Command, topology: Topology): string {
  if (isAct(command)) return actOn(command, "order", nameOfProcess(processOf(command), topology));
  switch (command.kind) {
    case "cancelJob":
      return "cancel the job";
    case "setSpeed":
      return `${topology.vertices[command.vertex]?.name ?? "a task"}: ${speedInWords(command.speed)}`;
    case "setTimestamp":
      return moveInWords(command, topology);
    case "failTask":
      return `${topology.tasks[command.task]?.name ?? "a task"} fails`;
    case "slowProcess":
      return `${slowedName(command)} ${slownessInWords(command.factor)}`;
    case "startTaskManager":
      return "start another TaskManager";
    case "triggerCheckpoint":
      return "trigger a checkpoint";
    case "triggerSavepoint":
      return command.native === true ? "trigger a native savepoint" : "trigger a savepoint";
    case "stopWithSavepoint":
      return command.drain === true ? "drain the job, and stop with a savepoint" : "stop with a savepoint";
    case "failFileSystem":
    case "mendFileSystem":
    case "loseFile":
    case "damageFile":
      return fileSystemFaultInWords(command);
    case "cutLink":
      return `cut ${linkInWords(command, topology)}`;
    case "slowLink": {
      const { latencyTicks, bytesPerTick } = command;
      return `slow down ${linkInWords(command, topology)}: ${count(latencyTicks)} ms, ${count(bytesPerTick)} B a ms`;
    }
    case "restoreLink":
      return `restore ${linkInWords(command, topology)}`;
    case "resetConnection":
      return `reset the connection ${nameOf(command.from, topology)} ↔ ${nameOf(command.to, topology)}`;
  }
}

function fileSystemFaultInWords(fault: FileSystemFault): string {
  switch (fault.kind) {
    case "failFileSystem":
      return fault.full === true ? "the file system is full" : "the file system does not answer";
    case "mendFileSystem":
      return "the file system works again";
    case "loseFile":
      return `lose ${fault.path}`;
    case "damageFile":
      return `damage ${fault.path}`;
  }
}

/** What is wrong with the file system: what was commanded last, up to this moment. */
function fileSystemFaults(run: Run, { tick }: Place): ActiveFault[] {
  const last = run.commands
    .filter((given) => given.tick <= tick)
    .map(({ command }) => command)
    .findLast(({ kind }) => kind === "failFileSystem" || kind === "mendFileSystem");
  if (last?.kind !== "failFileSystem") return [];
  const then = "it works again";
  return [{ text: fileSystemFaultInWords(last), takeBack: { kind: "mendFileSystem" }, then }];
}

/** A fault of a scenario, where the names of the run are not known. */
export function processFaultInWords(fault: ProcessFault): string {
  if (isAct(fault)) {
    return actOn(fault, "happens", numbered(processOf(fault)));
  }
  switch (fault.kind) {
    case "failTask":
      return `subtask ${fault.task} fails`;
    case "slowProcess":
      return `${slowedName(fault)} is ${slownessInWords(fault.factor)}`;
    case "startTaskManager":
      return "another TaskManager is started";
  }
}

/** Which record bears which time, and which one it had. */
export function moveInWords(
  { task, operator, record, timestamp, was }: SetTimestamp,
  topology: Topology,
): string {
  const of = topology.tasks[task];
  const name = of === undefined ? "a task" : subtaskName(topology, of.vertex, operator, of.name);
  const before = was === undefined ? "" : `${timeText(was)} → `;
  return `record ${count(record + 1)} of ${name}: ${before}${timeText(timestamp)}`;
}

/** An operator in a subtask, as in `flights (1/1)`: a chain's own name may be long. */
function subtaskName(topology: Topology, vertex: number, operator: number, task: string): string {
  const name = topology.vertices[vertex]?.operators[operator]?.name;
  const subtask = /\(\d+\/\d+\)$/.exec(task)?.[0];
  return name === undefined || subtask === undefined ? task : `${name} ${subtask}`;
}

/** Whether what is done at the start of a tick is done at this place. */
export function isDone(tick: number, place: Place): boolean {
  return place.tick > tick || (place.tick === tick && place.turn > 0);
}

function linkInWords({ from, to, bothWays }: Links, topology: Topology): string {
  return `the link ${nameOf(from, topology)} ${bothWays ? "↔" : "→"} ${nameOf(to, topology)}`;
}

function nameOfProcess(process: ProcessId, topology: Topology): string {
  return process.kind === "taskManager" ? nameOf(process.id, topology) : numbered(process);
}

/** As in `JobManager 1`. */
function numbered({ kind, id }: ProcessId): string {
  return `${kind.replace(/^./, (first) => first.toUpperCase())} ${id + 1}`;
}

function nameOf(taskManager: number, topology: Topology): string {
  return topology.taskManagers.find(({ id }) => id === taskManager)?.name ?? `TaskManager ${taskManager}`;
}

/** Processes that are gone and can start again, that do nothing, or that hear nothing of the JobManager. */
function processFaults(topology: Topology): ActiveFault[] {
  const jobManagers = topology.jobManagers.flatMap(({ name, role }, id): ActiveFault[] => {
    const is = (text: string, kind: ActKind, then: string): ActiveFault[] => [
      { text: `${name} ${text}`, takeBack: commandOf(kind, { kind: "jobManager", id }), then },
    ];
    // YARN starts another one by itself.
    if (isGone(role))
      return isOnYarn(topology) ? [] : is("is gone", "startJobManager", "it starts again, and stands by");
    if (!role.endsWith("paused")) return [];
    return is("does nothing", "resumeJobManager", "it goes on, and stands by if another one leads");
  });
  const taskManagers = topology.taskManagers.flatMap(({ id, name, paused }): ActiveFault[] => {
    const is = (text: string, kind: ActKind, then: string): ActiveFault[] => [
      { text, takeBack: commandOf(kind, { kind: "taskManager", id }), then },
    ];
    const number = `TaskManager ${id + 1}`;
    const isCutOff = name.endsWith("cut off)");
    return [
      ...(paused ? is(`${number} does nothing`, "resumeTaskManager", "it goes on where it was") : []),
      ...(isCutOff
        ? is(
            `${number} and the JobManager do not hear each other`,
            "reconnectTaskManager",
            "what waits on the way arrives",
          )
        : []),
    ];
  });
  return [...jobManagers, ...taskManagers];
}

/** Processes that are slow: what was said of each last, up to this moment. */
function slowProcesses(run: Run, topology: Topology, place: Place): ActiveFault[] {
  const scheduled = run.cluster.processFaults.map(({ tick, fault }) => ({ tick, command: fault }));
  const given = [...scheduled, ...run.commands]
    .filter(({ tick, command }) => command.kind === "slowProcess" && isDone(tick, place))
    .sort((a, b) => a.tick - b.tick);
  const whose: readonly Slowed[] = [
    {},
    ...topology.jobManagers.map((_, id) => ({ jobManager: id })),
    ...topology.taskManagers.map(({ id }) => ({ taskManager: id })),
  ];
  return whose.flatMap(({ jobManager, taskManager }) => {
    const last = given.findLast(
      ({ command }) =>
        command.kind === "slowProcess" &&
        command.taskManager === taskManager &&
        command.jobManager === jobManager,
    )?.command;
    if (last?.kind !== "slowProcess" || last.factor === 1) return [];
    return [
      {
        text: `${slowedName(last)} is ${slownessInWords(last.factor)}`,
        takeBack: { ...last, factor: 1 },
        then: "as fast as before",
      },
    ];
  });
}

/** Which process is slow; without a number the JobManager that leads. */
interface Slowed {
  readonly jobManager?: number;
  readonly taskManager?: number;
}

function slowedName({ jobManager, taskManager }: Slowed): string {
  if (taskManager !== undefined) return `TaskManager ${taskManager + 1}`;
  return jobManager === undefined ? "the JobManager" : `JobManager ${jobManager + 1}`;
}

function slownessInWords(factor: number): string {
  return factor === 1 ? "as fast as before" : `${count(factor)} times as slow`;
}

function linkFaults(topology: Topology, numbers: Uint32Array): ActiveFault[] {
  const frame = new FrameReader();
  frame.read(numbers);
  const faults: ActiveFault[] = [];
  for (let link = 0; link < frame.linkCount; link += 1) {
    const state = LINK_STATES[frame.link(LinkField.state, link)];
    if (state === undefined || state === "up") continue;
    const [from, to] = [frame.link(LinkField.from, link), frame.link(LinkField.to, link)];
    const waiting = frame.link(LinkField.messages, link);
    const stuck = state === "cut" && waiting > 0 ? `, ${count(waiting)} on it stand still` : "";
    faults.push({
      text: `The link ${nameOf(from, topology)} → ${nameOf(to, topology)} is ${state}${stuck}`,
      takeBack: { kind: "restoreLink", from, to, bothWays: false },
      then: "as the cluster has it",
    });
  }
  return faults;
}

function speedFaults(run: Run, topology: Topology, place: Place): ActiveFault[] {
  return topology.vertices.flatMap(({ id, name, operators }, vertex) => {
    const commanded = run.commands.findLast(
      ({ tick, command }) => command.kind === "setSpeed" && command.vertex === vertex && isDone(tick, place),
    );
    if (commanded?.command.kind !== "setSpeed") return [];
    const names = new Set([name, ...operators.map((operator) => operator.name)]);
    const scheduled = run.cluster.speedChanges.findLast(
      (change) => names.has(change.name) && isDone(change.tick, place),
    );
    const usual = scheduled?.speed ?? speedOfVertex(run.graphs, id, run.cluster.speeds);
    const { speed } = commanded.command;
    if (speed === usual || (scheduled !== undefined && scheduled.tick > commanded.tick)) return [];
    const takeBack: Command = { kind: "setSpeed", vertex, speed: usual };
    return [{ text: `${name} takes ${speedInWords(speed)}`, takeBack, then: speedInWords(usual) }];
  });
}

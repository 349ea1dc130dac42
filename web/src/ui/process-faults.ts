/** What can be done to a process of the cluster, each in words: what it is asked, what it does then, what that means. */
import type { Command, ProcessFault, Topology } from "../engine/protocol";

/** A process, by its kind and id. */
export type ProcessId = { readonly kind: "jobManager" | "taskManager" | "nodeManager"; readonly id: number };

/** One thing to do. In `order` and `happens`, the dots stand for the process. */
interface Act {
  /** What its button says. */
  readonly label: string;
  readonly order: string;
  readonly happens: string;
  /** What it means, for who has never done it. */
  readonly means: string;
}

/** All of them, by their commands; the only place where these are named one by one. */
const ACTS = {
  killTaskManager: {
    label: "Kill",
    order: "kill …",
    happens: "… is killed",
    means:
      "It is gone at once, with its tasks, its memory and its files. Who leads notices by the heartbeats, after 10 to 20 s.",
  },
  stopTaskManager: {
    label: "Stop",
    order: "stop …",
    happens: "… is stopped",
    means: "It ends by itself, and says so before it goes: nobody has to wait for its heartbeats.",
  },
  pauseTaskManager: {
    label: "Pause",
    order: "pause …",
    happens: "… is paused",
    means:
      "It does nothing, as in a long pause of its garbage collector. After 50 s without a heartbeat it counts as gone.",
  },
  resumeTaskManager: {
    label: "Let it go on",
    order: "let … go on",
    happens: "… goes on",
    means: "It goes on where it was. If it was given up meanwhile, it registers anew.",
  },
  cutOffTaskManager: {
    label: "Cut off",
    order: "cut … off from the JobManager",
    happens: "… is cut off from the JobManager",
    means:
      "It runs, but hears nothing of the JobManager, nor the JobManager of it: calls wait on the way, and after 50 s without a heartbeat each gives the other up.",
  },
  reconnectTaskManager: {
    label: "Reconnect",
    order: "reconnect … with the JobManager",
    happens: "… is connected with the JobManager again",
    means: "What has waited on the way arrives, if it did not wait too long.",
  },
  killJobManager: {
    label: "Kill",
    order: "kill …",
    happens: "… is killed",
    means:
      "Its Dispatcher, its ResourceManager and its JobMaster are gone at once. One that stands by takes over when its session expires; with none, the job is lost.",
  },
  stopJobManager: {
    label: "Stop",
    order: "stop …",
    happens: "… is stopped",
    means:
      "It ends by itself: it suspends its job and gives up the lead. One that stands by takes over at once; with none, the job is lost.",
  },
  pauseJobManager: {
    label: "Pause",
    order: "pause …",
    happens: "… is paused",
    means:
      "It does nothing. When its session expires, another one takes the lead; with none, TaskManagers give it up after 50 s.",
  },
  resumeJobManager: {
    label: "Let it go on",
    order: "let … go on",
    happens: "… goes on",
    means: "It goes on where it was. If another one leads by then, it stands by.",
  },
  revokeResourceManager: {
    label: "Revoke",
    order: "let the ResourceManager lose its lead",
    happens: "the ResourceManager loses its lead",
    means:
      "Its ResourceManager loses its lead and is elected anew: TaskManagers and JobMasters register again, and the tasks run on. Where nobody elects it, without high availability and on YARN, the process ends.",
  },
  startJobManager: {
    label: "Start again",
    order: "start … again",
    happens: "… starts again",
    means:
      "Its process starts anew, and stands by if another one leads. Where nobody has kept the job of an application, its main begins it once more.",
  },
  loseNodeManager: {
    label: "Lose",
    order: "lose …",
    happens: "… is lost",
    means:
      "Its machine is gone for good, with all processes on it. YARN misses its heartbeats after ten minutes; who leads misses its TaskManagers before, and asks for containers elsewhere.",
  },
} as const satisfies Readonly<Record<string, Act>>;

export type ActKind = keyof typeof ACTS;
type ActFault = Extract<ProcessFault, { readonly kind: ActKind }>;

/** What the button of an act says, and what it means. */
export function actInWords(kind: ActKind): Act {
  return ACTS[kind];
}

/** Whether a command is one of the acts. */
export function isAct(command: Command): command is ActFault {
  return command.kind in ACTS;
}

/** An act as `order` or `happens` has it, with the name of its process. */
export function actOn(act: ActFault, words: "order" | "happens", name: string): string {
  return ACTS[act.kind][words].replace("…", name);
}

/** Whose act it is: that of the ResourceManager is of whichever JobManager leads. */
export function processOf(act: ActFault): ProcessId {
  if ("taskManager" in act) return { kind: "taskManager", id: act.taskManager };
  if ("nodeManager" in act) return { kind: "nodeManager", id: act.nodeManager };
  return { kind: "jobManager", id: "jobManager" in act ? act.jobManager : 0 };
}

export function commandOf(kind: ActKind, process: ProcessId): Command {
  if (kind === "revokeResourceManager") return { kind };
  return { kind, [process.kind]: process.id } as ActFault;
}

/** What can be done to a process as it is; whether it can be slowed down too. */
export interface Possible {
  readonly acts: readonly ActKind[];
  readonly canSlow: boolean;
}

/** What can be done to a process as it is at this moment. */
export function possibleActs(process: ProcessId, topology: Topology): Possible {
  if (process.kind === "jobManager") {
    const role = topology.jobManagers[process.id]?.role ?? "killed";
    // On YARN it would be in no container.
    if (isGone(role)) return { acts: isOnYarn(topology) ? [] : ["startJobManager"], canSlow: false };
    const isPaused = role.endsWith("paused");
    return {
      acts: [
        "stopJobManager",
        "killJobManager",
        isPaused ? "resumeJobManager" : "pauseJobManager",
        ...(role === "leader" ? (["revokeResourceManager"] as const) : []),
      ],
      canSlow: true,
    };
  }
  if (process.kind === "nodeManager") {
    const isLost = topology.nodes?.[process.id]?.name.includes("(lost)") ?? true;
    return { acts: isLost ? [] : ["loseNodeManager"], canSlow: false };
  }
  const manager = topology.taskManagers.find(({ id }) => id === process.id);
  const state = /\((.*)\)$/.exec(manager?.name ?? "(killed)")?.[1] ?? "";
  if (isGone(state)) return { acts: [], canSlow: false };
  return {
    acts: [
      "stopTaskManager",
      "killTaskManager",
      manager?.paused === true ? "resumeTaskManager" : "pauseTaskManager",
      state.endsWith("cut off") ? "reconnectTaskManager" : "cutOffTaskManager",
    ],
    canSlow: true,
  };
}

/** Whether the cluster is on YARN, which starts JobManagers by itself. */
export function isOnYarn({ nodes = [] }: Topology): boolean {
  return nodes.length > 0;
}

/** Whether a role or state says that there is no process any more. */
export function isGone(state: string): boolean {
  return state === "killed" || state === "stopped";
}

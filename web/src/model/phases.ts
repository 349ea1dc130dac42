/**
 * The twelve phases of a job, from its submission to the clean-up, and to which of them a message of the trace
 * belongs. It is told by the name of the method, which is Flink's.
 */

/** What happens in each phase; the first is number 1. */
export const PHASES: readonly string[] = [
  "TaskManagers register",
  "The client submits the job",
  "The Dispatcher starts a JobMaster",
  "The JobMaster registers",
  "Slots are asked for",
  "TaskManagers are asked for their slots",
  "Slots are offered",
  "Tasks are deployed",
  "Tasks start",
  "The job runs",
  "Tasks end",
  "What the job used is given back",
];

const RUNS = 10;

/** By how the text of a message begins. Longer beginnings come first where one begins another. */
const BEGINNINGS: readonly (readonly [string, number])[] = [
  ["registerTaskExecutor", 1],
  ["submitJob", 2],
  ["start JobMaster", 3],
  ["registerJobMaster", 4],
  ["declareRequiredResources", 5],
  ["notifyNotEnoughResourcesAvailable", 5],
  ["requestSlot", 6],
  ["offerSlots", 7],
  ["submitTask", 8],
  ["cancelTask", 11],
  ["cancelJob", 11],
  ["releasePartitions", 12],
  ["freeSlots", 12],
  ["job reached", 12],
];

const STATES: Readonly<Record<string, number>> = {
  INITIALIZING: 9,
  RUNNING: 9,
  FINISHED: 11,
  CANCELED: 11,
  FAILED: 11,
};

/** The phase of a message by its text. What is not known belongs to the running of the job. */
export function phaseOf(text: string): number {
  if (text.startsWith("updateTaskExecutionState")) {
    return STATES[text.slice(text.lastIndexOf(" ") + 1)] ?? RUNS;
  }
  return BEGINNINGS.find(([beginning]) => text.startsWith(beginning))?.[1] ?? RUNS;
}

/**
 * Whether a message of phase `next` opens a new group after one of phase `current`. Phases overlap: what lags
 * behind stays where it is. Only slots and deployments begin anew, with the next region or after a failure.
 */
export function opensPhase(current: number, next: number): boolean {
  const isAgain = current >= RUNS && next >= 5 && next <= 8;
  return next > current || isAgain;
}

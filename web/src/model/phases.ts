/**
 * The titles of the phases that the engine gives to what it traces: twelve of a job's life from its submission to the
 * clean-up (1 to 12), and twelve of a deployment on YARN (13 to 24). Phase 0 is none of them: the cluster starts.
 */

/** Phases of one life. */
const COUNT = 12;

/** What happens in each phase; the first is number 1. */
export const PHASES: readonly string[] = [
  "The job is submitted",
  "The Dispatcher takes it",
  "A JobMaster is made for it",
  "The JobMaster leads and has the ExecutionGraph",
  "The JobMaster registers at the ResourceManager",
  "What the job needs is declared",
  "Slots are allotted",
  "Slots are offered",
  "Tasks are deployed",
  "Partitions are set up and the job runs",
  "Tasks end",
  "What the job used is given back",
];

/** The same of a deployment on YARN. */
export const YARN_PHASES: readonly string[] = [
  "The client asks YARN for an application",
  "It uploads the application's files to HDFS",
  "It submits the application",
  "A container for the ApplicationMaster is allotted",
  "The JobManager starts in it and registers",
  "The main runs and submits the job",
  "Containers for TaskManagers are asked for",
  "They are allotted and launched",
  "TaskManagers start in them and register",
  "Slots are allotted and tasks deployed",
  "The job runs and ends",
  "Containers and files are given back",
];

const LIVES = [
  { titles: PHASES, again: 6, runs: 10 },
  { titles: YARN_PHASES, again: 7, runs: 11 },
] as const;

/** "7 Slots are allotted". */
export function phaseTitle(phase: number): string {
  if (phase === 0) return "The cluster starts";
  const own = ((phase - 1) % COUNT) + 1;
  return `${own} ${lifeOf(phase)?.titles[own - 1] ?? ""}`;
}

/**
 * Whether something of phase `next` opens a new group after one of phase `current`. Phases overlap: what lags behind
 * stays where it is. Only what deploys tasks begins anew, with the next region or after a failure.
 */
export function opensPhase(current: number, next: number): boolean {
  const life = lifeOf(next);
  if (next === 0 || life === undefined) return false;
  const before = next - (((next - 1) % COUNT) + 1);
  const isAgain = current - before >= life.runs && next - before >= life.again && next - before < life.runs;
  return next > current || isAgain;
}

function lifeOf(phase: number): (typeof LIVES)[number] | undefined {
  return LIVES[Math.floor((phase - 1) / COUNT)];
}

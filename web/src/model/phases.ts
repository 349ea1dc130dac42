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

const LIVES = [{ titles: PHASES, again: 6, runs: 10 }] as const;

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

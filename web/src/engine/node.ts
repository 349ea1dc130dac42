/** The engine without a page: for the runners of the conformance cases, benchmarks and tests, in Node. */
import { compileJob, momentOf, submitJob } from "../api/compile";
import { loadParser } from "../api/parser";
import { errorOf } from "./job-errors";
import * as engine from "./load";
import type { Graphs, JobError, ScenarioOptions, StdoutLine } from "./protocol";

/** How a job went that was run to its end. */
export interface FinishedJob {
  readonly graphs: Graphs;
  readonly stdout: readonly StdoutLine[];
  readonly traceHash: string;
  /** Ticks that were run. */
  readonly ticks: number;
  /** Why the job did not run, or failed. */
  readonly error: JobError | null;
}

/** Ticks after which a job is taken to run for ever. */
const TICKS_MAX = 10_000_000;

/** Loads the engine from its bytes, and what a job is checked with. */
export async function loadEngine(bytes: BufferSource): Promise<void> {
  await Promise.all([engine.loadEngine(bytes), loadParser()]);
}

export { runWithCrashes } from "./crash-run";

/** Builds a job and its graphs, and runs nothing; in place of them what is wrong with it. */
export function graphsOf(source: string, seed = 1): Graphs | JobError {
  try {
    return compileJob(source, seed).graphs;
  } catch (thrown) {
    return errorOf(thrown);
  }
}

/** Builds and runs a job to its end. Throws a `JobBuildError` where it does not build. */
export function runJob(source: string, scenario: ScenarioOptions): FinishedJob {
  const compiled = compileJob(source, scenario.seed);
  const { graphs } = compiled;
  try {
    const lab = submitJob(compiled, scenario);
    lab.advance(TICKS_MAX);
    const { stdout, failure } = momentOf(compiled, lab);
    const run = { graphs, stdout: stdout.lines, traceHash: lab.traceHash(), ticks: lab.tick };
    lab.free();
    return { ...run, error: failure ?? null };
  } catch (thrown) {
    return { graphs, stdout: [], traceHash: "", ticks: 0, error: errorOf(thrown) };
  }
}

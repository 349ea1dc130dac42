/**
 * What belongs to one building of a job: its functions and its environments.
 *
 * Some names of a job's scope (`DeltaTrigger.of(3, f)`) belong to no environment, so the session that a job
 * is built in is found here, while its code runs.
 */
import type { StreamExecutionEnvironment } from "./environment";
import { reject } from "./errors";
import { FunctionTable } from "./user-code";

export class BuildSession {
  readonly functions = new FunctionTable();
  /** In the order of their making; the first is `env`. */
  readonly environments: StreamExecutionEnvironment[] = [];
  /** The one whose `execute()` was called. */
  executed: StreamExecutionEnvironment | null = null;
  /** The job's code has run: what is left are its functions, and they build nothing. */
  isOver = false;

  /** Rejects calls of the API that come too late. */
  checkOpen(): void {
    if (this.isOver) reject(NOT_BUILDING);
  }
}

const NOT_BUILDING = "A job is built by its own code, not by a function while the job runs.";

let current: BuildSession | null = null;

/** The session of the job that is built now. */
export function session(): BuildSession {
  return current ?? reject(NOT_BUILDING);
}

/** Builds in a session: what the API is asked for in `action` belongs to it. */
export function inSession<R>(entered: BuildSession, action: () => R): R {
  const before = current;
  current = entered;
  try {
    return action();
  } finally {
    current = before;
  }
}

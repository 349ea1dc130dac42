/** Calls of the engine's builder: what it rejects becomes an error with the line of the job. */
import type { JobError } from "../engine/protocol";
import { JobBuildError } from "./errors";

/** What the engine throws. */
export interface Rejection extends JobError {
  /** The one at fault first. */
  readonly transformations?: readonly number[];
}

export function isRejection(thrown: unknown): thrown is Rejection {
  return typeof thrown === "object" && thrown !== null && "kind" in thrown && !(thrown instanceof Error);
}

/** Calls the builder from a call of the API. */
export function callNative<R>(action: () => R): R {
  try {
    return action();
  } catch (thrown) {
    throw isRejection(thrown) ? new JobBuildError(thrown.kind, thrown.message) : thrown;
  }
}

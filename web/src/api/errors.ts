/** What is wrong with a job, found while it is built: a sentence and a place in its source. */
import type { JobError, SourcePosition } from "../engine/protocol";
import { callPosition } from "./position";

/** An error of the job's author, thrown out of the API's calls. */
export class JobBuildError extends Error {
  override readonly name = "JobBuildError";
  readonly kind: JobError["kind"];
  /** Where the job called what rejected it. */
  readonly at: SourcePosition | undefined;

  constructor(kind: JobError["kind"], message: string, at: SourcePosition | undefined = callPosition()) {
    super(message);
    this.kind = kind;
    this.at = at;
  }

  /** As it crosses the engine's port. */
  toJobError(): JobError {
    return jobError(this.kind, this.message, this.at);
  }
}

/** A `JobError` without empty fields. */
export function jobError(kind: JobError["kind"], message: string, at?: SourcePosition): JobError {
  return at === undefined ? { kind, message } : { kind, message, at };
}

/** Stops a call of the API that Flink would not take. */
export function reject(message: string): never {
  throw new JobBuildError("api", message);
}

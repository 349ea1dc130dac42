/**
 * Where in a job's source something was called: line and column, read from JavaScript's stack.
 *
 * The job runs as the body of a `new Function`, named `JOB_SOURCE` by its `sourceURL`. Engines count the
 * lines that `Function` puts before a body differently; the offset is measured once, not assumed.
 */
import type { SourcePosition } from "../engine/protocol";

/** The name under which the job's frames stand in a stack. */
export const JOB_SOURCE = "job.weir.js";

/** What stands before the job in the function's body: one line, so that columns stay the job's. */
export const JOB_PROLOGUE = '"use strict"; {\n';

/** What stands after it. */
export const JOB_EPILOGUE = `\n}\n//# sourceURL=${JOB_SOURCE}`;

/** More frames than the default of ten: a job may recurse in a user function before it fails. */
const STACK_FRAMES_MAX = 100;

const FRAME = new RegExp(`${JOB_SOURCE.replaceAll(".", "\\.")}:(\\d+):(\\d+)`);

/** Makes the function that a job's source is the body of. */
export function jobFunction(names: readonly string[], source: string): (...values: unknown[]) => void {
  const body = JOB_PROLOGUE + source + JOB_EPILOGUE;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a job is code that its reader chose to run
  return new Function(...names, body) as (...values: unknown[]) => void;
}

/** Runs `action` with a stack deep enough to reach the job's frame. */
export function withDeepStack<R>(action: () => R): R {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_FRAMES_MAX;
  try {
    return action();
  } finally {
    Error.stackTraceLimit = before;
  }
}

/** The place in the job from which the code that runs now was called, if it was. */
export function callPosition(): SourcePosition | undefined {
  return withDeepStack(() => errorPosition(new Error()));
}

/** The innermost place in the job of a thrown value's stack. */
export function errorPosition(error: unknown): SourcePosition | undefined {
  const found = rawPosition(error);
  if (found === undefined) return undefined;
  const line = found.line - lineOffset();
  return line >= 1 ? { line, column: found.column } : undefined;
}

function rawPosition(error: unknown): SourcePosition | undefined {
  if (!(error instanceof Error) || typeof error.stack !== "string") return undefined;
  const match = FRAME.exec(error.stack);
  return match === null ? undefined : { line: Number(match[1]), column: Number(match[2]) };
}

let measuredOffset: number | undefined;

/** Lines of the function before the job's first one. */
function lineOffset(): number {
  measuredOffset ??= measureLineOffset();
  return measuredOffset;
}

function measureLineOffset(): number {
  let thrown: unknown;
  try {
    jobFunction(["env"], "throw new Error();")();
  } catch (error) {
    thrown = error;
  }
  // The probe throws on its first line.
  return (rawPosition(thrown)?.line ?? 1) - 1;
}

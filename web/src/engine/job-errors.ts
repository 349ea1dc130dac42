/** Whatever is thrown around a job, as the `JobError` that crosses the port. */
import { JobBuildError } from "../api/errors";
import { isRejection } from "../api/native-call";
import { panicMessage } from "./native";
import type { JobError } from "./protocol";

/** What was thrown, in the form of the protocol. A trap of the wasm is a panic: the module is spent. */
export function errorOf(thrown: unknown): JobError {
  if (thrown instanceof JobBuildError) return thrown.toJobError();
  if (isRejection(thrown)) {
    const { kind, message, at, task, tick } = thrown;
    return {
      kind,
      message,
      ...(at === undefined ? {} : { at }),
      ...(task === undefined ? {} : { task }),
      ...(tick === undefined ? {} : { tick }),
    };
  }
  const words = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { kind: "panic", message: panicMessage() ?? words };
}

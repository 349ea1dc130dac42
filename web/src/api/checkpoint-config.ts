/** How the job checkpoints: `env.getCheckpointConfig()`. */
import { booleanArgument, constantArgument, integerArgument } from "./arguments";
import { Duration, spanArgument, type TimeSpan } from "./duration";
import { guardMembers } from "./guard";
import type { StreamOrigin } from "./stream-origin";

/** What a checkpoint promises about each record. Flink: `CheckpointingMode`. */
export const CheckpointingMode = {
  EXACTLY_ONCE: "EXACTLY_ONCE",
  AT_LEAST_ONCE: "AT_LEAST_ONCE",
} as const;
export type CheckpointingMode = keyof typeof CheckpointingMode;

/** What becomes of the latest checkpoint when the job ends. Flink: `ExternalizedCheckpointRetention`. */
export const ExternalizedCheckpointRetention = {
  /** It goes with the job. */
  NO_EXTERNALIZED_CHECKPOINTS: "NO_EXTERNALIZED_CHECKPOINTS",
  /** It stays when the job fails. */
  DELETE_ON_CANCELLATION: "DELETE_ON_CANCELLATION",
  /** It stays when the job fails and when it is cancelled. */
  RETAIN_ON_CANCELLATION: "RETAIN_ON_CANCELLATION",
} as const;
export type ExternalizedCheckpointRetention = keyof typeof ExternalizedCheckpointRetention;

/** Where checkpoints are kept. Flink: `execution.checkpointing.storage`. */
export type CheckpointStorage = "jobmanager" | "filesystem";

/** The engine's settings, by their numbers there. */
const OPTIONS = [
  "interval",
  "timeout",
  "minPause",
  "maxConcurrent",
  "tolerableFailures",
  "alignedTimeout",
  "maxRetained",
  "mode",
  "retention",
  "storage",
  "unaligned",
  "forceUnaligned",
  "afterTasksFinish",
] as const;
type Option = (typeof OPTIONS)[number];

const MODES = ["EXACTLY_ONCE", "AT_LEAST_ONCE"] as const;
const RETENTIONS = [
  "NO_EXTERNALIZED_CHECKPOINTS",
  "DELETE_ON_CANCELLATION",
  "RETAIN_ON_CANCELLATION",
] as const;
const STORAGES = ["jobmanager", "filesystem"] as const;

/** How the job checkpoints. Flink: `CheckpointConfig`. */
export class CheckpointConfig {
  readonly #origin: StreamOrigin;

  /** @internal */
  constructor(origin: StreamOrigin) {
    this.#origin = origin;
  }

  /** From the start of one checkpoint to that of the next. */
  setCheckpointInterval(checkpointInterval: TimeSpan): void {
    this.#set("interval", spanArgument("setCheckpointInterval(checkpointInterval)", checkpointInterval));
  }

  /** The interval in ms; -1 where there are no periodic checkpoints. */
  getCheckpointInterval(): number {
    return this.#get("interval");
  }

  isCheckpointingEnabled(): boolean {
    return this.#get("interval") > 0;
  }

  /** No periodic checkpoints; the other settings stay. */
  disableCheckpointing(): void {
    this.#origin.call(() => {
      this.#origin.environment.disableCheckpointing();
    });
  }

  setCheckpointingConsistencyMode(checkpointingMode: CheckpointingMode): void {
    const call = "setCheckpointingConsistencyMode(checkpointingMode)";
    this.#set("mode", MODES.indexOf(constantArgument(call, "a mode", checkpointingMode, MODES)));
  }

  getCheckpointingConsistencyMode(): CheckpointingMode {
    return MODES[this.#get("mode")] ?? "EXACTLY_ONCE";
  }

  /** After how long a checkpoint is given up. */
  setCheckpointTimeout(checkpointTimeout: TimeSpan): void {
    this.#set("timeout", spanArgument("setCheckpointTimeout(checkpointTimeout)", checkpointTimeout));
  }

  getCheckpointTimeout(): number {
    return this.#get("timeout");
  }

  /** From the end of one checkpoint to the start of the next. */
  setMinPauseBetweenCheckpoints(minPause: TimeSpan): void {
    this.#set("minPause", spanArgument("setMinPauseBetweenCheckpoints(minPause)", minPause));
  }

  getMinPauseBetweenCheckpoints(): number {
    return this.#get("minPause");
  }

  /** How many checkpoints may be under way at once. */
  setMaxConcurrentCheckpoints(maxConcurrentCheckpoints: number): void {
    const call = "setMaxConcurrentCheckpoints(maxConcurrentCheckpoints)";
    this.#set("maxConcurrent", count(call, maxConcurrentCheckpoints));
  }

  getMaxConcurrentCheckpoints(): number {
    return this.#get("maxConcurrent");
  }

  /** How many checkpoints may fail in a row before the job fails. */
  setTolerableCheckpointFailureNumber(tolerableCheckpointFailureNumber: number): void {
    const call = "setTolerableCheckpointFailureNumber(tolerableCheckpointFailureNumber)";
    this.#set("tolerableFailures", count(call, tolerableCheckpointFailureNumber));
  }

  getTolerableCheckpointFailureNumber(): number {
    return this.#get("tolerableFailures");
  }

  /** Lets barriers overtake records, which become part of the checkpoint. */
  enableUnalignedCheckpoints(enabled = true): void {
    const on = booleanArgument("enableUnalignedCheckpoints(enabled)", "an answer", enabled);
    this.#set("unaligned", Number(on));
  }

  isUnalignedCheckpointsEnabled(): boolean {
    return this.#get("unaligned") === 1;
  }

  /** Unaligned checkpoints even after `partitionCustom`, whose records in flight cannot be sent anew. */
  setForceUnalignedCheckpoints(forceUnalignedCheckpoints: boolean): void {
    const call = "setForceUnalignedCheckpoints(forceUnalignedCheckpoints)";
    this.#set("forceUnaligned", Number(booleanArgument(call, "an answer", forceUnalignedCheckpoints)));
  }

  isForceUnalignedCheckpoints(): boolean {
    return this.#get("forceUnaligned") === 1;
  }

  /** How long unaligned checkpoints try to align first, from their trigger on. */
  setAlignedCheckpointTimeout(alignedCheckpointTimeout: TimeSpan): void {
    const call = "setAlignedCheckpointTimeout(alignedCheckpointTimeout)";
    this.#set("alignedTimeout", spanArgument(call, alignedCheckpointTimeout));
  }

  getAlignedCheckpointTimeout(): Duration {
    return Duration.ofMillis(this.#get("alignedTimeout"));
  }

  /** What becomes of the latest checkpoint when the job ends. */
  setExternalizedCheckpointRetention(retention: ExternalizedCheckpointRetention): void {
    const call = "setExternalizedCheckpointRetention(retention)";
    this.#set("retention", RETENTIONS.indexOf(constantArgument(call, "a retention", retention, RETENTIONS)));
  }

  getExternalizedCheckpointRetention(): ExternalizedCheckpointRetention {
    return RETENTIONS[this.#get("retention")] ?? "NO_EXTERNALIZED_CHECKPOINTS";
  }

  /** How many completed checkpoints are kept. Flink: `execution.checkpointing.num-retained`. */
  setMaxRetainedCheckpoints(maxRetainedCheckpoints: number): void {
    const call = "setMaxRetainedCheckpoints(maxRetainedCheckpoints)";
    this.#set("maxRetained", count(call, maxRetainedCheckpoints));
  }

  /** Where checkpoints are kept: `"jobmanager"` or `"filesystem"`. */
  setCheckpointStorage(storage: CheckpointStorage): void {
    const call = "setCheckpointStorage(storage)";
    this.#set("storage", STORAGES.indexOf(constantArgument(call, "a storage", storage, STORAGES)));
  }

  /** Whether checkpoints go on when some tasks have finished; they do unless told otherwise. */
  enableCheckpointsAfterTasksFinish(enabled: boolean): void {
    const call = "enableCheckpointsAfterTasksFinish(enabled)";
    this.#set("afterTasksFinish", Number(booleanArgument(call, "an answer", enabled)));
  }

  #set(option: Option, value: number): void {
    this.#origin.call(() => {
      this.#origin.environment.setCheckpointOption(OPTIONS.indexOf(option), value);
    });
  }

  #get(option: Option): number {
    return this.#origin.environment.getCheckpointOption(OPTIONS.indexOf(option));
  }
}

/** A Java int, whose sense the engine checks. */
function count(call: string, value: unknown): number {
  return integerArgument(call, "a count", value, { min: -(2 ** 31) });
}

guardMembers({ CheckpointConfig });

/** Options of a job by their keys. */
import { describe, nameArgument } from "./arguments";
import { Duration } from "./duration";
import { reject } from "./errors";
import { guardMembers } from "./guard";

/** What an option can be set to; a span of time is a `Duration`, or a text as in `10 s`. */
export type ConfigValue = string | number | boolean | Duration;

/** The key of an option. Flink: `ConfigOption`. */
export class ConfigOption {
  readonly #key: string;

  constructor(key: string) {
    this.#key = nameArgument("new ConfigOption(key)", "a key", key);
  }

  key(): string {
    return this.#key;
  }
}

/** Options and their values. Flink: `Configuration`. */
export class Configuration {
  readonly #values = new Map<string, string>();

  /** Options by their keys: `Configuration.fromMap({ "restart-strategy.type": "fixed-delay" })`. */
  static fromMap(map: Readonly<Record<string, ConfigValue>>): Configuration {
    const configuration = new Configuration();
    for (const [key, value] of Object.entries(map)) configuration.setString(key, value);
    return configuration;
  }

  /** Sets an option, given as one of Flink's constants. */
  set(option: ConfigOption, value: ConfigValue): this {
    if (option instanceof ConfigOption) return this.setString(option.key(), value);
    return reject(
      `set(option, value) takes an option, as in RestartStrategyOptions.RESTART_STRATEGY, and got ${describe(option)}.`,
    );
  }

  /** Sets an option, given by its key. */
  setString(key: string, value: ConfigValue): this {
    const name = nameArgument("setString(key, value)", "a key", key);
    if (!["string", "number", "boolean"].includes(typeof value) && !(value instanceof Duration)) {
      return reject(
        `The value of ${name} is a string, a number, true, false or a Duration, not ${describe(value)}.`,
      );
    }
    this.#values.set(name, String(value));
    return this;
  }

  /** @internal Keys and values in turn. */
  toNative(): string[] {
    return [...this.#values].flat();
  }
}

const option = (key: string): ConfigOption => new ConfigOption(`restart-strategy.${key}`);

/** How a job restarts after a failure. Flink: `RestartStrategyOptions`. */
export const RestartStrategyOptions = {
  RESTART_STRATEGY: option("type"),
  RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS: option("fixed-delay.attempts"),
  RESTART_STRATEGY_FIXED_DELAY_DELAY: option("fixed-delay.delay"),
  RESTART_STRATEGY_FAILURE_RATE_MAX_FAILURES_PER_INTERVAL: option("failure-rate.max-failures-per-interval"),
  RESTART_STRATEGY_FAILURE_RATE_FAILURE_RATE_INTERVAL: option("failure-rate.failure-rate-interval"),
  RESTART_STRATEGY_FAILURE_RATE_DELAY: option("failure-rate.delay"),
  RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF: option("exponential-delay.initial-backoff"),
  RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF: option("exponential-delay.max-backoff"),
  RESTART_STRATEGY_EXPONENTIAL_DELAY_BACKOFF_MULTIPLIER: option("exponential-delay.backoff-multiplier"),
  RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD: option(
    "exponential-delay.reset-backoff-threshold",
  ),
  RESTART_STRATEGY_EXPONENTIAL_DELAY_JITTER_FACTOR: option("exponential-delay.jitter-factor"),
  RESTART_STRATEGY_EXPONENTIAL_DELAY_ATTEMPTS: option("exponential-delay.attempts-before-reset-backoff"),
} as const;

/** Where state is kept. Flink: `StateBackendOptions`, and options of `CheckpointingOptions` and `RocksDBConfigurableOptions`. */
export const StateBackendOptions = {
  /** `hashmap`, on the heap, or `rocksdb`, in files. */
  STATE_BACKEND: new ConfigOption("state.backend.type"),
  /** Files that a checkpoint has written are not written again by the next one. */
  INCREMENTAL_CHECKPOINTS: new ConfigOption("execution.checkpointing.incremental"),
  /** Bytes that are written to memory before they make a file. */
  WRITE_BUFFER_SIZE: new ConfigOption("state.backend.rocksdb.writebuffer.size"),
} as const;

const checkpointing = (key: string): ConfigOption => new ConfigOption(`execution.checkpointing.${key}`);

/** How checkpoints are taken, and where they are kept. Flink: `CheckpointingOptions`. */
export const CheckpointingOptions = {
  CHECKPOINTING_INTERVAL: checkpointing("interval"),
  CHECKPOINTING_CONSISTENCY_MODE: checkpointing("mode"),
  CHECKPOINTING_TIMEOUT: checkpointing("timeout"),
  MIN_PAUSE_BETWEEN_CHECKPOINTS: checkpointing("min-pause"),
  MAX_CONCURRENT_CHECKPOINTS: checkpointing("max-concurrent-checkpoints"),
  TOLERABLE_FAILURE_NUMBER: checkpointing("tolerable-failed-checkpoints"),
  ENABLE_UNALIGNED: checkpointing("unaligned.enabled"),
  FORCE_UNALIGNED: checkpointing("unaligned.forced"),
  ALIGNED_CHECKPOINT_TIMEOUT: checkpointing("aligned-checkpoint-timeout"),
  ENABLE_CHECKPOINTS_AFTER_TASKS_FINISH: checkpointing("checkpoints-after-tasks-finish"),
  EXTERNALIZED_CHECKPOINT_RETENTION: checkpointing("externalized-checkpoint-retention"),
  MAX_RETAINED_CHECKPOINTS: checkpointing("num-retained"),
  INCREMENTAL_CHECKPOINTS: checkpointing("incremental"),
  /** `jobmanager` or `filesystem`. */
  CHECKPOINT_STORAGE: checkpointing("storage"),
  /** A directory of the simulated file system; checkpoints are kept in it then. */
  CHECKPOINTS_DIRECTORY: checkpointing("dir"),
  CREATE_CHECKPOINT_SUB_DIR: checkpointing("create-subdir"),
  SAVEPOINT_DIRECTORY: checkpointing("savepoint-dir"),
  /** State of up to so many bytes gets no file of its own. */
  FS_SMALL_FILE_THRESHOLD: checkpointing("data-inline-threshold"),
} as const;

guardMembers({ Configuration, ConfigOption });

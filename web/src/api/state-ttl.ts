/** How long state lives. */
import { booleanArgument, constantArgument, instanceArgument, integerArgument } from "./arguments";
import { spanArgument, type TimeSpan } from "./duration";
import { reject } from "./errors";
import { guardMembers } from "./guard";

/** When state gets new life. Flink: `StateTtlConfig.UpdateType`. */
const UPDATE_TYPE = {
  Disabled: "Disabled",
  OnCreateAndWrite: "OnCreateAndWrite",
  OnReadAndWrite: "OnReadAndWrite",
} as const;

/** Whether what is over is seen while it is there. Flink: `StateTtlConfig.StateVisibility`. */
const STATE_VISIBILITY = {
  NeverReturnExpired: "NeverReturnExpired",
  ReturnExpiredIfNotCleanedUp: "ReturnExpiredIfNotCleanedUp",
} as const;

const UPDATE_TYPES = Object.values(UPDATE_TYPE);
const STATE_VISIBILITIES = Object.values(STATE_VISIBILITY);

/** Entries that are looked at with each access, unless the job says otherwise. */
const CLEANUP_SIZE = 5;

/** The bits of the engine's flags. */
const UPDATES_ON_READ = 1;
const RETURNS_EXPIRED = 2;
const CLEANS_SNAPSHOTS = 4;
const CLEANS_FILES = 8;

/** Flink: `StateTtlConfig`. */
export class StateTtlConfig {
  static readonly UpdateType = UPDATE_TYPE;
  static readonly StateVisibility = STATE_VISIBILITY;

  /** @internal What the engine takes: ms, flags, entries to look at; none where it is disabled. */
  readonly settings: readonly [ttl: number, flags: number, cleanupSize: number] | undefined;

  /** @internal */
  constructor(settings: readonly [ttl: number, flags: number, cleanupSize: number] | undefined) {
    this.settings = settings;
  }

  /** A configuration whose state lives for so long, a `Duration` or a number of ms. */
  static newBuilder(ttl: TimeSpan): StateTtlConfigBuilder {
    return new StateTtlConfigBuilder(spanArgument("StateTtlConfig.newBuilder(ttl)", ttl));
  }
}

/** Flink: `StateTtlConfig.Builder`. */
export class StateTtlConfigBuilder {
  readonly #ttl: number;
  #updateType: keyof typeof UPDATE_TYPE = "OnCreateAndWrite";
  #visibility: keyof typeof STATE_VISIBILITY = "NeverReturnExpired";
  #cleansSnapshots = false;
  #cleanupSize = CLEANUP_SIZE;
  #cleansFiles = true;

  /** @internal */
  constructor(ttl: number) {
    this.#ttl = ttl > 0 ? ttl : reject("TTL is expected to be positive.");
  }

  setUpdateType(updateType: keyof typeof UPDATE_TYPE): this {
    this.#updateType = constantArgument("setUpdateType(updateType)", "a type", updateType, UPDATE_TYPES);
    return this;
  }

  updateTtlOnCreateAndWrite(): this {
    return this.setUpdateType("OnCreateAndWrite");
  }

  updateTtlOnReadAndWrite(): this {
    return this.setUpdateType("OnReadAndWrite");
  }

  setStateVisibility(visibility: keyof typeof STATE_VISIBILITY): this {
    this.#visibility = constantArgument(
      "setStateVisibility(visibility)",
      "a visibility",
      visibility,
      STATE_VISIBILITIES,
    );
    return this;
  }

  neverReturnExpired(): this {
    return this.setStateVisibility("NeverReturnExpired");
  }

  returnExpiredIfNotCleanedUp(): this {
    return this.setStateVisibility("ReturnExpiredIfNotCleanedUp");
  }

  /** What is over does not go into full snapshots. */
  cleanupFullSnapshot(): this {
    this.#cleansSnapshots = true;
    return this;
  }

  /** So many entries are looked at with each access, where state is on the heap; never for each record without one. */
  cleanupIncrementally(cleanupSize: number, runCleanupForEveryRecord: boolean): this {
    const call = "cleanupIncrementally(cleanupSize, runCleanupForEveryRecord)";
    this.#cleanupSize = integerArgument(call, "the number of entries", cleanupSize, { min: 1 });
    if (booleanArgument(call, "runCleanupForEveryRecord", runCleanupForEveryRecord)) {
      reject(`${call}: Weir looks at entries when state is accessed, not for every record; pass false.`);
    }
    return this;
  }

  /** What is over goes when it is read, and not before. */
  disableCleanupInBackground(): this {
    this.#cleanupSize = 0;
    this.#cleansFiles = false;
    return this;
  }

  build(): StateTtlConfig {
    if (this.#updateType === "Disabled") return new StateTtlConfig(undefined);
    const flags =
      (this.#updateType === "OnReadAndWrite" ? UPDATES_ON_READ : 0) |
      (this.#visibility === "ReturnExpiredIfNotCleanedUp" ? RETURNS_EXPIRED : 0) |
      (this.#cleansSnapshots ? CLEANS_SNAPSHOTS : 0) |
      (this.#cleansFiles ? CLEANS_FILES : 0);
    return new StateTtlConfig([this.#ttl, flags, this.#cleanupSize]);
  }
}

/** A configuration that a descriptor is given. */
export function ttlArgument(config: StateTtlConfig): StateTtlConfig {
  const example = "StateTtlConfig.newBuilder(Duration.ofSeconds(10)).build()";
  return instanceArgument("enableTimeToLive(ttlConfig)", config, StateTtlConfig, example);
}

guardMembers({ StateTtlConfig, StateTtlConfigBuilder });

/** Hooks of the master: what a function of the job does at the JobMaster with each checkpoint, and keeps in it. */
import type { EngineCall } from "./roles";
import { reject } from "./errors";
import { ServiceAnswer } from "./simulated-service";
import { fieldsOf, restoreFields, type Call } from "./user-calls";

/** How state of a hook goes into a checkpoint, as plain data, and comes back. Flink: `SimpleVersionedSerializer`. */
export interface SimpleVersionedSerializer<T> {
  getVersion(): number;
  serialize(state: T): unknown;
  deserialize(version: number, serialized: unknown): T;
}

/** What it remembers it keeps in its fields, as plain data. Flink: `MasterTriggerRestoreHook`. */
export interface MasterTriggerRestoreHook<T = unknown> {
  /** Its state is found again by this. */
  getIdentifier(): string;
  /** Before the tasks are told; what it answers, if it is anything, is kept with the checkpoint. */
  triggerCheckpoint(checkpointId: number, timestamp: number): T | ServiceAnswer<T> | null | undefined;
  /** The job goes back to a checkpoint, which may have nothing of this hook. */
  restoreCheckpoint(checkpointId: number, checkpointData: T | null): void;
  createCheckpointDataSerializer(): SimpleVersionedSerializer<T> | null;
  /** The job begins anew, without a checkpoint. */
  reset?(): void;
  close?(): void;
}

/**
 * What a function may have beside its own methods. Flink: `WithMasterCheckpointHook`.
 *
 * @example
 * class Offsets {
 *   asked = 0;
 *   getIdentifier() { return "offsets"; }
 *   triggerCheckpoint(id, timestamp) { this.asked += 1; return { asked: this.asked }; }
 *   restoreCheckpoint(id, state) { this.asked = state?.asked ?? 0; }
 *   createCheckpointDataSerializer() {
 *     return { getVersion: () => 1, serialize: (state) => state, deserialize: (version, state) => state };
 *   }
 * }
 * stream.map({ createMasterTriggerRestoreHook: () => new Offsets(), map(n) { return n; } });
 */
export interface WithMasterCheckpointHook<T = unknown> {
  createMasterTriggerRestoreHook(): MasterTriggerRestoreHook<T>;
}

const METHODS = [
  "getIdentifier",
  "triggerCheckpoint",
  "restoreCheckpoint",
  "createCheckpointDataSerializer",
] as const;

/** The calls of a function's hook: each is given what its fields held, and answers what they hold then. */
export function hookCalls(given: WithMasterCheckpointHook): Partial<Record<EngineCall, Call>> {
  const hook = given.createMasterTriggerRestoreHook() as MasterTriggerRestoreHook & Record<string, unknown>;
  const missing = METHODS.filter((method) => typeof hook[method] !== "function");
  if (missing.length > 0)
    reject(`What createMasterTriggerRestoreHook() makes is a hook: it needs ${missing.join(" and ")}.`);
  const fields = (): unknown => fieldsOf(hook) ?? null;
  return {
    open: () => [fields(), hook.getIdentifier()],
    close: (before) => {
      restoreFields(hook, before);
      hook.close?.();
    },
    triggerHook: (before, checkpoint, timestamp) => {
      restoreFields(hook, before);
      const told = toldBy(hook, hook.triggerCheckpoint(checkpoint as number, timestamp as number));
      return [fields(), ...told];
    },
    restoreHook: (before, checkpoint, held) => {
      restoreFields(hook, before);
      hook.restoreCheckpoint(checkpoint as number, held === null ? null : stateOf(hook, held));
      return fields();
    },
    resetHook: (before) => {
      restoreFields(hook, before);
      hook.reset?.();
      return fields();
    },
  };
}

/** How long it takes, the version, the state and what went wrong. */
function toldBy(hook: MasterTriggerRestoreHook, answered: unknown): readonly unknown[] {
  const [delay, state, failure] =
    answered instanceof ServiceAnswer
      ? (answered as ServiceAnswer<unknown>).outcome
      : ([0, answered, undefined] as const);
  if (failure !== undefined) return [delay, 0, null, `${failure.name}: ${failure.message}`];
  if (state === null || state === undefined) return [delay, 0, null, null];
  const id = hook.getIdentifier();
  const serializer = hook.createCheckpointDataSerializer();
  if (serializer === null)
    return [delay, 0, null, `FlinkException: Checkpoint hook '${id} is stateful but creates no serializer`];
  try {
    return [delay, serializer.getVersion(), serializer.serialize(state), null];
  } catch (error) {
    const why = `FlinkException: Failed to serialize state of master hook '${id}'. Caused by: ${String(error)}`;
    return [delay, 0, null, why];
  }
}

function stateOf(hook: MasterTriggerRestoreHook, held: unknown): unknown {
  const [version, state] = held as [number, unknown];
  const id = hook.getIdentifier();
  const serializer = hook.createCheckpointDataSerializer();
  if (serializer === null) throw new Error(`FlinkException: null serializer for state of hook ${id}`);
  try {
    return serializer.deserialize(version, state);
  } catch (error) {
    throw new Error(
      `FlinkException: Cannot deserialize state for master hook '${id}'. Caused by: ${String(error)}`,
      { cause: error },
    );
  }
}

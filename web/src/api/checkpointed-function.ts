/** State that belongs to a subtask, not to a key, for functions that have `initializeState` and `snapshotState`. */
import * as native from "../engine/native";
import { instanceArgument } from "./arguments";
import { broadcastState, type BroadcastState } from "./broadcast-context";
import { guardMembers } from "./guard";
import { KeyedStateStore } from "./runtime-context";
import { ListStateDescriptor, type MapStateDescriptor } from "./state-descriptors";

/** A list of the subtask. Flink: `PartitionableListState`. */
export class OperatorListState<T> {
  readonly #id: number;

  /** @internal */
  constructor(id: number) {
    this.#id = id;
  }

  /** The elements. Writing to what is returned changes nothing. */
  get(): Iterable<T> {
    return native.operatorListGet(this.#id) as T[];
  }

  add(value: T): void {
    native.operatorListAddAll(this.#id, [value], false);
  }

  addAll(values: Iterable<T>): void {
    native.operatorListAddAll(this.#id, [...values], false);
  }

  /** Replaces the elements. */
  update(values: Iterable<T>): void {
    native.operatorListAddAll(this.#id, [...values], true);
  }

  clear(): void {
    this.update([]);
  }
}

/** Where operator state comes from. Flink: `OperatorStateStore`. */
export class OperatorStateStore {
  /** With another parallelism, each element goes to one subtask. */
  getListState<T>(descriptor: ListStateDescriptor<T>): OperatorListState<T> {
    return listOf("getListState(descriptor)", descriptor, false);
  }

  /** When the job starts again, each subtask gets the elements of all. */
  getUnionListState<T>(descriptor: ListStateDescriptor<T>): OperatorListState<T> {
    return listOf("getUnionListState(descriptor)", descriptor, true);
  }

  /** A map of which each subtask should hold the same; with another parallelism each gets one of the copies. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return broadcastState(descriptor, true);
  }
}

function listOf<T>(call: string, descriptor: ListStateDescriptor<T>, isUnion: boolean): OperatorListState<T> {
  instanceArgument(call, descriptor, ListStateDescriptor, 'new ListStateDescriptor("buffer")');
  return new OperatorListState(native.operatorList(descriptor.getName(), isUnion, descriptor.shape));
}

/** What `initializeState(context)` gets. Flink: `FunctionInitializationContext`. */
export class FunctionInitializationContext {
  readonly #operatorStates = new OperatorStateStore();
  readonly #keyedStates = new KeyedStateStore();

  /** Whether the job starts from a checkpoint. */
  isRestored(): boolean {
    return this.getRestoredCheckpointId() !== null;
  }

  /** The checkpoint that the job starts from; `null` where there is none. */
  getRestoredCheckpointId(): number | null {
    return native.restoredCheckpoint() ?? null;
  }

  getOperatorStateStore(): OperatorStateStore {
    return this.#operatorStates;
  }

  getKeyedStateStore(): KeyedStateStore {
    return this.#keyedStates;
  }
}

/** What `snapshotState(context)` gets. Flink: `FunctionSnapshotContext`. */
export class FunctionSnapshotContext {
  getCheckpointId(): number {
    return native.currentCheckpoint()[0] ?? 0;
  }

  /** When it was triggered. */
  getCheckpointTimestamp(): number {
    return native.currentCheckpoint()[1] ?? 0;
  }
}

/** What a function may have beside its own methods. Flink: `CheckpointListener`. */
export interface CheckpointListener {
  /** A checkpoint that the function is part of is complete. */
  notifyCheckpointComplete(checkpointId: number): void;
  /** One was given up. */
  notifyCheckpointAborted?(checkpointId: number): void;
}

/** What a function may have beside its own methods. Flink: `CheckpointedFunction`. */
export interface CheckpointedFunction {
  /** Before `open`, also where nothing is restored. */
  initializeState(context: FunctionInitializationContext): void;
  /** When a checkpoint is taken. */
  snapshotState(context: FunctionSnapshotContext): void;
}

guardMembers({
  OperatorListState,
  OperatorStateStore,
  FunctionInitializationContext,
  FunctionSnapshotContext,
});

/** What a function may ask about the operator and the subtask that it runs in. */
import * as native from "../engine/native";
import { instanceArgument } from "./arguments";
import { reject } from "./errors";
import { guardMembers } from "./guard";
import { MetricGroup } from "./metrics";
import { AggregatingState, ListState, MapState, ReducingState, ValueState, type State } from "./state";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  ValueStateDescriptor,
} from "./state-descriptors";

/** Which subtask this is. Flink: `TaskInfo`. */
export class TaskInfo {
  readonly #subtask: native.Subtask;

  /** @internal */
  constructor(subtask: native.Subtask) {
    this.#subtask = subtask;
  }

  /** The name of the task: of all operators of the chain. */
  getTaskName(): string {
    const { taskName } = this.#subtask;
    return taskName.slice(0, taskName.lastIndexOf(" ("));
  }

  /** From 0. */
  getIndexOfThisSubtask(): number {
    return this.#subtask.index;
  }

  getNumberOfParallelSubtasks(): number {
    return this.#subtask.parallelism;
  }

  getMaxNumberOfParallelSubtasks(): number {
    return this.#subtask.maxParallelism;
  }

  /** 0 at first, one more after each restart. */
  getAttemptNumber(): number {
    return this.#subtask.attempt;
  }

  /** Name and place, as in `Flat Map -> Sink: Print to Std. Out (1/2)#0`. */
  getTaskNameWithSubtasks(): string {
    const { taskName, attempt } = this.#subtask;
    return `${taskName}#${attempt}`;
  }
}

/** Where keyed state comes from. Flink: `KeyedStateStore`. */
export class KeyedStateStore {
  readonly #register: ((kind: native.StateKind, name: string) => number) | undefined;

  /** @internal `register`: where the state is not of the key alone. */
  constructor(register?: (kind: native.StateKind, name: string) => number) {
    this.#register = register;
  }

  #state(kind: native.StateKind, descriptor: StateDescriptor): number {
    const name = descriptor.getName();
    const ttl = descriptor.timeToLive;
    if (this.#register === undefined) {
      return ttl === undefined
        ? native.stateRegister(kind, name, descriptor.shape)
        : native.stateRegisterWithTtl(kind, name, descriptor.shape, ...ttl);
    }
    if (ttl === undefined) return this.#register(kind, name);
    return reject(`State "${name}" is of a window, and goes with it: it takes no time-to-live.`);
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    instanceArgument(
      "getState(descriptor)",
      descriptor,
      ValueStateDescriptor,
      'new ValueStateDescriptor("sum")',
    );
    return new ValueState(this.#state(native.StateKind.Value, descriptor));
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    instanceArgument(
      "getListState(descriptor)",
      descriptor,
      ListStateDescriptor,
      'new ListStateDescriptor("seen")',
    );
    return new ListState(this.#state(native.StateKind.List, descriptor));
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    instanceArgument(
      "getMapState(descriptor)",
      descriptor,
      MapStateDescriptor,
      'new MapStateDescriptor("counts")',
    );
    return new MapState(this.#state(native.StateKind.Map, descriptor));
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    const example = 'new ReducingStateDescriptor("sum", (a, b) => a + b)';
    instanceArgument("getReducingState(descriptor)", descriptor, ReducingStateDescriptor, example);
    return new ReducingState(this.#state(native.StateKind.Reducing, descriptor), descriptor.reduce);
  }

  getAggregatingState<T, A, R>(descriptor: AggregatingStateDescriptor<T, A, R>): AggregatingState<T, A, R> {
    const example = 'new AggregatingStateDescriptor("mean", { createAccumulator, add, getResult, merge })';
    instanceArgument("getAggregatingState(descriptor)", descriptor, AggregatingStateDescriptor, example);
    return new AggregatingState(this.#state(native.StateKind.Aggregating, descriptor), descriptor.aggregate);
  }
}

/** The state of a descriptor of any kind, out of a store. */
export function stateOf(store: KeyedStateStore, call: string, descriptor: unknown): State {
  if (descriptor instanceof ListStateDescriptor) return store.getListState(descriptor);
  if (descriptor instanceof MapStateDescriptor) return store.getMapState(descriptor);
  if (descriptor instanceof ReducingStateDescriptor) return store.getReducingState(descriptor);
  if (descriptor instanceof AggregatingStateDescriptor) return store.getAggregatingState(descriptor);
  const example = 'new ValueStateDescriptor("sum")';
  return store.getState(
    instanceArgument(call, descriptor as ValueStateDescriptor<unknown>, ValueStateDescriptor, example),
  );
}

/** The operator's surroundings, from `open` on. Flink: `RuntimeContext`. */
export class RuntimeContext extends KeyedStateStore {
  /** @internal Looked at after each call of the function. */
  readonly gauges: (() => void)[] = [];

  getMetricGroup(): MetricGroup {
    return new MetricGroup("", this.gauges);
  }

  getTaskInfo(): TaskInfo {
    return new TaskInfo(native.subtask());
  }
}

guardMembers({ TaskInfo, KeyedStateStore, RuntimeContext });

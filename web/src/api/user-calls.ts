/** From the engine's calls to a function's methods: what a method is passed beside the engine's values. */
import { EngineResultFuture } from "./result-future";
import {
  broadcastContext,
  broadcastTimerContext,
  keyedReadOnlyBroadcastContext,
  readOnlyBroadcastContext,
} from "./broadcast-context";
import { collector } from "./collector";
import { reject } from "./errors";
import { JoinContext } from "./join-context";
import { keyedContext, onTimerContext, processContext } from "./process-context";
import type { EngineCall, Passes, Role } from "./roles";
import { watermarkOutput } from "./watermark-output";
import type { WatermarkGenerator } from "./watermarks";
import {
  EvictableElements,
  WindowContext,
  assignerContext,
  evictorContext,
  mergeContext,
  triggerContext,
  windowOf,
} from "./window-context";
import type { TimeWindow } from "./windows";

/** A method with its object and with what is passed beside the engine's values, of which there are four at most. */
export type Call = (first?: unknown, second?: unknown, third?: unknown, fourth?: unknown) => unknown;

/** A method as the job wrote it. */
type Method = (...values: unknown[]) => unknown;

/** Makes a call of a method; `call` says which of the engine's it is, where there are several. */
type Adapter = (method: Method, target: object | undefined, call: EngineCall) => Call;

const values: Adapter = (method, target) =>
  target === undefined ? method : (first, second) => method.call(target, first, second);

/** By what a method is passed. What an emitting method returns is nobody's: only what it emits counts. */
const ADAPTERS: Readonly<Record<Passes, Adapter>> = {
  values,
  // Flink's PartitionAggregateOperator drops what `add` returns: what counts is the accumulator that it was given.
  accumulator: (method, target, call) => (first, second) => {
    const answer = method.call(target, first, second);
    return call === "add" ? second : answer;
  },
  generator: values,
  sinkWriter: values,
  committer: values,
  exception: (method, target) => (text) => method.call(target, errorOf(String(text))),
  out: (method, target) => (value) => void method.call(target, value, collector),
  context: (method, target) => (value) => void method.call(target, value, processContext, collector),
  keyedContext: (method, target) => (value) => void method.call(target, value, keyedContext, collector),
  window: (method, target) => (key, window, elements) =>
    void method.call(target, key, windowOf(window), elements, collector),
  allWindow: (method, target) => (_key, window, elements) =>
    void method.call(target, windowOf(window), elements, collector),
  windowContext: (method, target) => (key, window, elements) =>
    void method.call(target, key, new WindowContext(windowOf(window)), elements, collector),
  allWindowContext: (method, target) => (_key, window, elements) =>
    void method.call(target, new WindowContext(windowOf(window)), elements, collector),
  coGroup: (method, target) => (first, second) => void method.call(target, first, second, collector),
  join: (method, target) =>
    // With a third parameter it is Flink's FlatJoinFunction.
    method.length > 2
      ? (first, second) => void method.call(target, first, second, collector)
      : (first, second) => method.call(target, first, second),
  assigner: (method, target, call) =>
    call === "merge"
      ? (windows) => mergedWindows(method, target, windows as unknown[])
      : (element, timestamp) => assignedWindows(method.call(target, element, timestamp, assignerContext)),
  evictor: (method, target) => (pairs, window) =>
    evicted(method, target, pairs as [unknown, number][], window),
  trigger: triggerCall,
  intervalJoin: (method, target) => (left, right, leftTime, rightTime) => {
    const context = new JoinContext(leftTime as number, rightTime as number);
    method.call(target, left, right, context, collector);
  },
  broadcast: (method, target, call) => {
    const context = call === "first" ? readOnlyBroadcastContext : broadcastContext;
    return (value) => void method.call(target, value, context, collector);
  },
  async: (method, target) => (value) => {
    const future = new EngineResultFuture();
    return future.outcomeOf(method.call(target, value, future));
  },
  keyedBroadcast: (method, target, call) => {
    const context = call === "first" ? keyedReadOnlyBroadcastContext : broadcastContext;
    return (value) => void method.call(target, value, context, collector);
  },
};

/** The method with its object and with what is passed beside the engine's values. */
export function bound(role: Role, call: EngineCall, method: Method, target: object | undefined): Call {
  if (role.answers === "truth") {
    const answer = ADAPTERS[role.passes](method, target, call);
    return (value) => Boolean(answer(value));
  }
  if (call === "onTimer") return timerCall(role.passes, method, target);
  if (call === "clearWindow") {
    return (window) => void method.call(target, new WindowContext(windowOf(window)));
  }
  return ADAPTERS[role.passes](method, target, call);
}

/** An error of which the engine kept the text. */
function errorOf(text: string): Error {
  const [, name = "Error", message = text] = /^(\w*(?:Error|Exception)): (.*)$/s.exec(text) ?? [];
  return Object.assign(new Error(message), { name });
}

function triggerCall(method: Method, target: object | undefined, call: EngineCall): Call {
  if (call === "onElement") {
    return (element, timestamp, window) =>
      method.call(target, element, timestamp, windowOf(window), triggerContext);
  }
  if (call === "clearTrigger") {
    return (window) => void method.call(target, windowOf(window), triggerContext);
  }
  if (call === "onMerge") {
    return (told, merged) => {
      const window = windowOf(told);
      method.call(target, window, mergeContext(window, merged));
    };
  }
  return (time, window) => method.call(target, time, windowOf(window), triggerContext);
}

/** The starts and ends of the windows that an assigner answered. */
function assignedWindows(answer: unknown): unknown {
  if (typeof (answer as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== "function") {
    return answer;
  }
  return [...(answer as Iterable<Partial<TimeWindow>>)].map((window) => [
    window.getStart?.(),
    window.getEnd?.(),
  ]);
}

/** What an assigner merged: for each result whether it is made of a set, and its bounds and those of its windows. */
function mergedWindows(method: Method, target: object | undefined, windows: readonly unknown[]): unknown[] {
  const results: unknown[] = [];
  method.call(target, windows.map(windowOf), {
    merge: (toBeMerged: unknown, mergeResult: unknown) => {
      const windows = [mergeResult, ...(toBeMerged as Iterable<unknown>)];
      const bounds = assignedWindows(windows) as unknown[][];
      results.push([toBeMerged instanceof Set ? 1 : 0, ...bounds.flat()]);
    },
  });
  return results;
}

/** The places of the records that an evictor left. */
function evicted(
  method: Method,
  target: object | undefined,
  pairs: readonly [unknown, number][],
  window: unknown,
): number[] {
  const elements = new EvictableElements(pairs);
  method.call(target, elements, pairs.length, windowOf(window), evictorContext);
  return elements.kept();
}

/** The engine tells the timestamp and whether it is one of event time. */
function timerCall(passes: Passes, method: Method, target: object | undefined): Call {
  return (timestamp, isEventTime) => {
    const context =
      passes === "keyedBroadcast"
        ? broadcastTimerContext(isEventTime === true)
        : onTimerContext(passes === "keyedContext", isEventTime === true);
    method.call(target, timestamp, context, collector);
  };
}

/**
 * The calls of a watermark generator, which its supplier makes for each subtask and split. What it remembers it
 * keeps in its fields: the engine takes them after each call and brings them back before the next, so that a run
 * can be stepped back.
 */
export function generatorCalls(supplier: unknown): Partial<Record<"open" | EngineCall, Call>> {
  let generator: (WatermarkGenerator<unknown> & Record<string, unknown>) | undefined;
  const withFields = (fields: unknown, call: (of: WatermarkGenerator<unknown>) => void): unknown => {
    if (generator === undefined) return undefined;
    restoreFields(generator, fields);
    call(generator);
    return fieldsOf(generator);
  };
  return {
    open: () => fieldsOf((generator = suppliedGenerator(supplier))),
    onEvent: (fields, event, timestamp) =>
      withFields(fields, (of) => {
        of.onEvent(event, timestamp as number, watermarkOutput);
      }),
    onPeriodicEmit: (fields) =>
      withFields(fields, (of) => {
        of.onPeriodicEmit(watermarkOutput);
      }),
  };
}

function suppliedGenerator(supplier: unknown): WatermarkGenerator<unknown> & Record<string, unknown> {
  const made: unknown =
    typeof supplier === "function"
      ? (supplier as () => unknown)()
      : (supplier as { createWatermarkGenerator(): unknown }).createWatermarkGenerator();
  for (const method of ["onEvent", "onPeriodicEmit"] as const) {
    if (typeof (made as Partial<WatermarkGenerator<unknown>> | null | undefined)?.[method] !== "function") {
      return reject(
        `WatermarkStrategy.forGenerator(supplier): what the supplier makes has no method ${method}. A watermark generator has onEvent(event, timestamp, output) and onPeriodicEmit(output).`,
      );
    }
  }
  return made as WatermarkGenerator<unknown> & Record<string, unknown>;
}

export function fieldsOf(object: Record<string, unknown>): Record<string, unknown> | undefined {
  let fields: Record<string, unknown> | undefined;
  for (const name of Object.keys(object)) {
    if (isPlain(object[name])) (fields ??= {})[name] = object[name];
  }
  return fields;
}

/** What is no value of a record, as a handle of the API's, stays in its field. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return typeof value !== "function";
  return [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
}

export function restoreFields(object: Record<string, unknown>, fields: unknown): void {
  if (typeof fields === "object" && fields !== null) Object.assign(object, fields);
}

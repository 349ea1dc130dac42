/** From the engine's calls to a function's methods: what a method is passed beside the engine's values. */
import { collector } from "./collector";
import { reject } from "./errors";
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

/** The method with its object and with what is passed beside the engine's values. */
export function bound(role: Role, call: EngineCall, method: Method, target: object | undefined): Call {
  if (role.answers === "truth") return (value) => Boolean(method.call(target, value));
  if (call === "onTimer") return timerCall(role.passes, method, target);
  switch (role.passes) {
    case "values":
    case "generator":
      return target === undefined ? method : (first, second) => method.call(target, first, second);
    // What an emitting method returns is nobody's: only what it emits counts.
    case "out":
      return (value) => void method.call(target, value, collector);
    case "context":
      return (value) => void method.call(target, value, processContext, collector);
    case "keyedContext":
      return (value) => void method.call(target, value, keyedContext, collector);
    default:
      return windowCall(role.passes, call, method, target);
  }
}

/** A call of something that belongs to windows. */
function windowCall(passes: Passes, call: EngineCall, method: Method, target: object | undefined): Call {
  if (call === "clearWindow")
    return (window) => void method.call(target, new WindowContext(windowOf(window)));
  switch (passes) {
    case "window":
      return (key, window, elements) => void method.call(target, key, windowOf(window), elements, collector);
    case "allWindow":
      return (_key, window, elements) => void method.call(target, windowOf(window), elements, collector);
    case "windowContext":
      return (key, window, elements) =>
        void method.call(target, key, new WindowContext(windowOf(window)), elements, collector);
    case "allWindowContext":
      return (_key, window, elements) =>
        void method.call(target, new WindowContext(windowOf(window)), elements, collector);
    case "coGroup":
      return (first, second) => void method.call(target, first, second, collector);
    case "join":
      // With a third parameter it is Flink's FlatJoinFunction.
      return method.length > 2
        ? (first, second) => void method.call(target, first, second, collector)
        : (first, second) => method.call(target, first, second);
    case "assigner":
      return (element, timestamp) =>
        assignedWindows(method.call(target, element, timestamp, assignerContext));
    case "evictor":
      return (pairs, window) => evicted(method, target, pairs as [unknown, number][], window);
    default:
      return triggerCall(call, method, target);
  }
}

function triggerCall(call: EngineCall, method: Method, target: object | undefined): Call {
  switch (call) {
    case "onElement":
      return (element, timestamp, window) =>
        method.call(target, element, timestamp, windowOf(window), triggerContext);
    case "clearTrigger":
      return (window) => void method.call(target, windowOf(window), triggerContext);
    case "onMerge":
      return (told, merged) => {
        const window = windowOf(told);
        method.call(target, window, mergeContext(window, merged));
      };
    default:
      return (time, window) => method.call(target, time, windowOf(window), triggerContext);
  }
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
    const context = onTimerContext(passes === "keyedContext", isEventTime === true);
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

function fieldsOf(object: Record<string, unknown>): Record<string, unknown> | undefined {
  let fields: Record<string, unknown> | undefined;
  for (const name of Object.keys(object)) {
    if (typeof object[name] !== "function") (fields ??= {})[name] = object[name];
  }
  return fields;
}

function restoreFields(object: Record<string, unknown>, fields: unknown): void {
  if (typeof fields === "object" && fields !== null) Object.assign(object, fields);
}

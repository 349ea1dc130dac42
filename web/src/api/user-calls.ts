/** From the engine's calls to a function's methods: what a method is passed beside the engine's values. */
import { collector } from "./collector";
import { reject } from "./errors";
import { keyedContext, onTimerContext, processContext } from "./process-context";
import type { EngineCall, Passes, Role } from "./roles";
import { watermarkOutput } from "./watermark-output";
import type { WatermarkGenerator } from "./watermarks";

/** A method with its object and with what is passed beside the engine's values, of which there are four at most. */
export type Call = (first?: unknown, second?: unknown, third?: unknown, fourth?: unknown) => unknown;

/** A method as the job wrote it. */
type Method = (...values: unknown[]) => unknown;

/** The method with its object and with what is passed beside the engine's values. */
export function bound(role: Role, call: EngineCall, method: Method, target: object | undefined): Call {
  if (role.answers === "truth") return (value) => Boolean(method.call(target, value));
  if (call === "onTimer") return timerCall(role.passes, method, target);
  const beside = besides(role.passes);
  switch (beside.length) {
    case 0:
      return target === undefined ? method : (first, second) => method.call(target, first, second);
    case 1: {
      const [out] = beside;
      // What an emitting method returns is nobody's: only what it emits counts.
      return (value) => void method.call(target, value, out);
    }
    default: {
      const [context, out] = beside;
      return (value) => void method.call(target, value, context, out);
    }
  }
}

function besides(passes: Passes): readonly unknown[] {
  switch (passes) {
    case "values":
    case "generator":
      return [];
    case "out":
      return [collector];
    case "context":
      return [processContext, collector];
    case "keyedContext":
      return [keyedContext, collector];
  }
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

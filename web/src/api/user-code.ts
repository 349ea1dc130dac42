/**
 * The functions of a job, as the engine calls them: a table by function id, and an instance for each
 * subtask.
 *
 * An instance is a copy of the object that the job gave, opened and then frozen, so that it remembers
 * nothing but in Flink state; a plain function is its own instance.
 */
import * as native from "../engine/native";
import type { SourcePosition } from "../engine/protocol";
import { FunctionInitializationContext, FunctionSnapshotContext } from "./checkpointed-function";
import { JobBuildError } from "./errors";
import { read, rewind, write } from "./exchange";
import { checkFunction, type GivenFunction } from "./function-check";
import { errorPosition, callPosition } from "./position";
import { hookCalls, type WithMasterCheckpointHook } from "./master-hook";
import { ENGINE_CALLS, ROLES, type EngineCall, type Passes, type Role, type RoleName } from "./roles";
import { EngineResultFuture } from "./result-future";
import { RuntimeContext } from "./runtime-context";
import { revived } from "./tagged-union";
import { committerCalls, writerCalls } from "./user-sinks";
import type { Shape } from "./types";
import { bound, generatorCalls, type Call } from "./user-calls";

/** What the engine calls of a function in a subtask, by place. */
type Instance = readonly (Call | undefined)[];

/** What a function threw, in parts. */
export interface ThrownError {
  readonly message: string;
  /** Where in the job; else where the job gave the function. */
  readonly at: SourcePosition | undefined;
}

/** Told before each call of a function, where a hanging one is looked for. */
export type CallListener = (functionId: number) => void;

interface UserFunction {
  readonly role: Role;
  readonly given: GivenFunction;
  /** The call of the API that took it. */
  readonly at: SourcePosition | undefined;
  /** The type of what it answers, where the job declares one. */
  readonly type: Shape;
}

/** The functions of one job. */
export class FunctionTable {
  readonly #functions: UserFunction[] = [];
  /** By their numbers; one that was released leaves its place to another. */
  readonly #instances: (Instance | undefined)[] = [];
  readonly #free: number[] = [];
  #listener: CallListener | null = null;
  /** What the last call answered or threw, until the engine takes it. */
  #kept: unknown = undefined;

  /** Takes a function into the table and answers with its id. `call` is the API's, for messages. */
  add(call: string, roleName: RoleName, given: unknown, type: Shape = null): number {
    const role: Role = ROLES[roleName];
    const methods = Object.values(role.methods);
    const plain = role.methods.apply !== undefined && role.object === undefined;
    const wanted = { call, methods, parameters: role.parameters, plain };
    return this.#push({ role, given: checkFunction(wanted, given), at: callPosition(), type });
  }

  #push(added: UserFunction): number {
    return this.#functions.push(added) - 1;
  }

  /** Where the job gave the function. */
  position(functionId: number): SourcePosition | undefined {
    return this.#functions[functionId]?.at;
  }

  /** The type that was declared for the keys of a key selector. Called by the engine. */
  keyType(functionId: number): Shape {
    return this.#functions[functionId]?.type ?? null;
  }

  /** From now on, instances announce each of their calls. */
  listen(listener: CallListener): void {
    this.#listener = listener;
  }

  /** The number of a new instance for a subtask. Called by the engine. */
  instantiate(functionId: number): number {
    const found = this.#functions[functionId];
    if (found === undefined) throw new RangeError(`There is no function ${functionId}.`);
    return this.#hold(functionId, methodsOf(found));
  }

  /** The same of the hook of the master that a function brings, if it does. Called by the engine. */
  instantiateHook(functionId: number): number | undefined {
    const given = this.#functions[functionId]?.given as Partial<WithMasterCheckpointHook> | undefined;
    return typeof given?.createMasterTriggerRestoreHook === "function"
      ? this.#hold(functionId, placed(hookCalls(given as WithMasterCheckpointHook)))
      : undefined;
  }

  #hold(functionId: number, made: Instance): number {
    const number = this.#free.pop() ?? this.#instances.length;
    this.#instances[number] = this.#listener === null ? made : announced(made, functionId, this.#listener);
    return number;
  }

  /** An instance is no longer needed. Called by the engine. */
  release(instance: number): void {
    this.#instances[instance] = undefined;
    this.#free.push(instance);
  }

  /** Calls a method with so many values from the exchange buffer. Called by the engine. */
  invoke(instance: number, method: number, args: number): native.Outcome {
    const call = this.#instances[instance]?.[method];
    if (call === undefined) return native.Outcome.Nothing;
    try {
      rewind();
      const first = args > 0 ? read() : undefined;
      const second = args > 1 ? read() : undefined;
      return this.#keep(
        args > 2 ? call(first, second, read(), args > 3 ? read() : undefined) : call(first, second),
      );
    } catch (thrown) {
      return this.#keepThrown(thrown);
    }
  }

  /** Calls a method with values that do not fit into the exchange buffer. Called by the engine. */
  invokeLarge(instance: number, method: number, args: readonly unknown[]): native.Outcome {
    const call = this.#instances[instance]?.[method];
    if (call === undefined) return native.Outcome.Nothing;
    try {
      return this.#keep(call(...(args.map(revived) as Parameters<Call>)));
    } catch (thrown) {
      return this.#keepThrown(thrown);
    }
  }

  /** Hands over what does not lie in the exchange buffer. Called by the engine. */
  take(): unknown {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  #keep(answer: unknown): native.Outcome {
    if (answer === undefined || answer === null) return native.Outcome.Nothing;
    rewind();
    if (write(answer, 0)) return native.Outcome.Answer;
    this.#kept = answer;
    return native.Outcome.LargeAnswer;
  }

  #keepThrown(thrown: unknown): native.Outcome {
    this.#kept = thrown;
    return native.Outcome.Thrown;
  }

  /** Takes apart what a function threw. Called by the engine. */
  describe(functionId: number, thrown: unknown): ThrownError {
    const at = thrown instanceof JobBuildError ? thrown.at : errorPosition(thrown);
    return { message: messageOf(thrown), at: at ?? this.position(functionId) };
  }
}

/** What functions get that keep operator state. */
const initialization = new FunctionInitializationContext();
const snapshot = new FunctionSnapshotContext();

/** What is made of a function that is not called itself. */
const MAKERS: Partial<Record<Passes, (given: unknown) => Partial<Record<EngineCall, Call>>>> = {
  generator: generatorCalls,
  sinkWriter: writerCalls,
  committer: committerCalls,
};

function methodsOf({ role, given }: UserFunction): Instance {
  const make = MAKERS[role.passes];
  if (make !== undefined) return placed(make(given));
  const methods = placed({});
  if (typeof given === "function") {
    methods[placeOf("apply")] = bound(role, "apply", given, undefined);
    return methods;
  }
  const { copy, context } = copyForSubtask(given);
  methods[placeOf("open")] = () => {
    if (typeof copy["open"] === "function") (copy["open"] as Call)({});
    Object.freeze(copy);
    if (context.gauges.length > 0) showGauges(methods, context);
  };
  if (typeof copy["close"] === "function") {
    methods[placeOf("close")] = () => void (copy["close"] as Call)();
  }
  if (typeof copy["initializeState"] === "function") {
    methods[placeOf("initializeState")] = () => void (copy["initializeState"] as Call)(initialization);
  }
  if (typeof copy["snapshotState"] === "function") {
    methods[placeOf("snapshotState")] = () => void (copy["snapshotState"] as Call)(snapshot);
  }
  for (const name of ["Complete", "Aborted"]) {
    const method = copy[`notifyCheckpoint${name}`];
    if (typeof method === "function") {
      methods[placeOf(`checkpoint${name}`)] = (checkpoint) => void method.call(copy, checkpoint);
    }
  }
  for (const [call, name] of Object.entries({ ...role.methods, ...role.optional })) {
    if (typeof copy[name] !== "function") continue;
    methods[placeOf(call)] = bound(role, call as EngineCall, copy[name] as Call, copy);
  }
  if (role.passes === "async") methods[placeOf("timeout")] ??= () => EngineResultFuture.timedOut();
  return methods;
}

function placed(calls: Partial<Record<EngineCall, Call>>): (Call | undefined)[] {
  return ENGINE_CALLS.map((call) => calls[call]);
}

/** The place of an instance's method, by the engine's call. */
function placeOf(call: string): number {
  return ENGINE_CALLS.indexOf(call as EngineCall);
}

/** From now on gauges are looked at after each call. */
function showGauges(methods: (Call | undefined)[], { gauges }: RuntimeContext): void {
  for (const [place, call] of methods.entries()) {
    methods[place] =
      call &&
      ((...values) => {
        const answer = call(...values);
        for (const show of gauges) show();
        return answer;
      });
  }
}

/** The object's own fields, its prototype, and a runtime context. */
function copyForSubtask(given: Record<string, unknown>): {
  copy: Record<string, unknown>;
  context: RuntimeContext;
} {
  const prototype = Object.getPrototypeOf(given) as object;
  const copy = Object.create(prototype, Object.getOwnPropertyDescriptors(given)) as Record<string, unknown>;
  const context = new RuntimeContext();
  return { copy: Object.defineProperty(copy, "getRuntimeContext", { value: () => context }), context };
}

function announced(instance: Instance, functionId: number, listener: CallListener): Instance {
  return instance.map(
    (call) =>
      call &&
      ((...values) => {
        listener(functionId);
        return call(...values);
      }),
  );
}

/** The message of a thrown value, as in `TypeError: t is undefined`. */
function messageOf(thrown: unknown): string {
  if (thrown instanceof JobBuildError) return thrown.message;
  if (!(thrown instanceof Error)) return `${inText(thrown)} was thrown`;
  const { name, message: text } = thrown;
  // What the engine throws may bear the name of an exception of Flink's.
  const isNamed = name === "Error" && /^\w+Exception: /.test(text);
  const message = text === "" ? name : isNamed ? text : `${name}: ${text}`;
  return isWriteToFrozen(thrown)
    ? `${message}. After open() a function's fields cannot change: what it remembers from record to record it keeps in state.`
    : message;
}

function inText(thrown: unknown): string {
  try {
    return typeof thrown === "string" ? JSON.stringify(thrown) : String(thrown);
  } catch {
    return "Something without text";
  }
}

/** Engines word it differently: V8, SpiderMonkey, JavaScriptCore. */
function isWriteToFrozen(error: Error): boolean {
  return (
    error instanceof TypeError &&
    /read.?only|not extensible|non-extensible|can't define property/i.test(error.message)
  );
}

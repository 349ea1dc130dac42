/**
 * The functions of a job, as the engine calls them: a table by function id, and an instance for each
 * subtask.
 *
 * An instance is a copy of the object that the job gave, opened and then frozen, so that it remembers
 * nothing but in Flink state; a plain function is its own instance.
 */
import * as native from "../engine/native";
import type { SourcePosition } from "../engine/protocol";
import { collector } from "./collector";
import { JobBuildError } from "./errors";
import { read, rewind, write } from "./exchange";
import { checkFunction, hasOwnMethod, type GivenFunction } from "./function-check";
import { errorPosition, callPosition } from "./position";
import { keyedContext, processContext } from "./process-context";
import {
  PLANNED_ROLES,
  ROLES,
  type EngineCall,
  type Passes,
  type PlannedRoleName,
  type Role,
  type RoleName,
} from "./roles";
import { RuntimeContext } from "./runtime-context";

/** A method with its object and with what is passed beside the engine's values, of which there are two at most. */
export type Call = (first?: unknown, second?: unknown) => unknown;

/** Places of an instance's methods, by the engine's calls. Rust: `operator::function::Method`. */
const PLACES = { apply: 0, open: 1, close: 2, processElement: 3, first: 4, second: 5 } as const;

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
}

/** The role of a function whose operator is refused at submission. */
const NEVER_CALLED: Role = { parameters: "()", methods: {}, passes: "values" };

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
  add(call: string, roleName: RoleName, given: unknown): number {
    const role: Role = ROLES[roleName];
    const methods = Object.values(role.methods);
    const wanted = { call, methods, parameters: role.parameters, plain: role.methods.apply !== undefined };
    return this.#push({ role, given: checkFunction(wanted, given), at: callPosition() });
  }

  /** Takes a function of an operator that cannot run yet. */
  addPlanned(call: string, roleName: PlannedRoleName, given: unknown): number {
    const { parameters, required, plain } = PLANNED_ROLES[roleName];
    const checked = checkFunction({ call, methods: required, parameters, plain }, given);
    return this.#push({ role: NEVER_CALLED, given: checked, at: callPosition() });
  }

  #push(added: UserFunction): number {
    return this.#functions.push(added) - 1;
  }

  /** Whether a process function has an `onTimer` of its own. */
  usesTimers(functionId: number): boolean {
    return hasOwnMethod(this.#functions[functionId]?.given, "onTimer");
  }

  /** Where the job gave the function. */
  position(functionId: number): SourcePosition | undefined {
    return this.#functions[functionId]?.at;
  }

  /** From now on, instances announce each of their calls. */
  listen(listener: CallListener): void {
    this.#listener = listener;
  }

  /** The number of a new instance for a subtask. Called by the engine. */
  instantiate(functionId: number): number {
    const found = this.#functions[functionId];
    if (found === undefined) throw new RangeError(`There is no function ${functionId}.`);
    const made = methodsOf(found);
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
      return this.#keep(call(first, args > 1 ? read() : undefined));
    } catch (thrown) {
      return this.#keepThrown(thrown);
    }
  }

  /** Calls a method with values that do not fit into the exchange buffer. Called by the engine. */
  invokeLarge(instance: number, method: number, args: readonly unknown[]): native.Outcome {
    const call = this.#instances[instance]?.[method];
    if (call === undefined) return native.Outcome.Nothing;
    try {
      return this.#keep(call(args[0], args[1]));
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

function methodsOf({ role, given }: UserFunction): Instance {
  const methods: (Call | undefined)[] = Array.from({ length: Object.keys(PLACES).length });
  if (typeof given === "function") {
    methods[PLACES.apply] = bound(role, given, undefined);
    return methods;
  }
  const copy = copyForSubtask(given);
  methods[PLACES.open] = () => {
    if (typeof copy["open"] === "function") (copy["open"] as Call)({});
    Object.freeze(copy);
  };
  if (typeof copy["close"] === "function") {
    methods[PLACES.close] = () => void (copy["close"] as Call)();
  }
  for (const [call, name] of Object.entries(role.methods)) {
    methods[PLACES[call as EngineCall]] = bound(role, copy[name] as Call, copy);
  }
  return methods;
}

/** The object's own fields, its prototype, and a runtime context. */
function copyForSubtask(given: Record<string, unknown>): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(given) as object;
  const copy = Object.create(prototype, Object.getOwnPropertyDescriptors(given)) as Record<string, unknown>;
  const context = new RuntimeContext();
  return Object.defineProperty(copy, "getRuntimeContext", { value: () => context });
}

/** The method with its object and with what is passed beside the engine's values. */
function bound(role: Role, method: Call, target: object | undefined): Call {
  if (role.answers === "truth") return (value) => Boolean(method.call(target, value));
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
      const process = method as (value: unknown, context: unknown, out: unknown) => unknown;
      return (value) => void process.call(target, value, context, out);
    }
  }
}

function besides(passes: Passes): readonly unknown[] {
  switch (passes) {
    case "values":
      return [];
    case "out":
      return [collector];
    case "context":
      return [processContext, collector];
    case "keyedContext":
      return [keyedContext, collector];
  }
}

function announced(instance: Instance, functionId: number, listener: CallListener): Instance {
  return instance.map(
    (call) =>
      call &&
      ((first, second) => {
        listener(functionId);
        return call(first, second);
      }),
  );
}

/** The message of a thrown value, as in `TypeError: t is undefined`. */
function messageOf(thrown: unknown): string {
  if (thrown instanceof JobBuildError) return thrown.message;
  if (!(thrown instanceof Error)) return `${inText(thrown)} was thrown`;
  const message = thrown.message === "" ? thrown.name : `${thrown.name}: ${thrown.message}`;
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

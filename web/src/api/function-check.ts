/** Checks a function that a job passes, where it is passed, before anything runs. */
import { describe, isClass } from "./arguments";
import { classNameOf, type AnyClass } from "./class-names";
import { reject } from "./errors";
import { AbstractRichFunction } from "./functions";
import { parser } from "./parser";
import { didYouMean } from "./suggestion";

/** What a call takes as a function. */
export interface Wanted {
  /** The API's call, as in `map(mapper)`. */
  readonly call: string;
  /** Methods that must be there. */
  readonly methods: readonly string[];
  readonly parameters: string;
  /** Whether a plain function may stand for the only method. */
  readonly plain: boolean;
}

/** A function given as a plain one or as an object with the wanted methods. */
export type GivenFunction = ((...values: unknown[]) => unknown) | Record<string, unknown>;

/** Returns what was given, or rejects it. */
export function checkFunction(wanted: Wanted, given: unknown): GivenFunction {
  if (typeof given === "function") return checkPlain(wanted, given as (...values: unknown[]) => unknown);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return reject(`${wanted.call} takes ${inWords(wanted)}, and got ${describe(given)}.`);
  }
  const object = given as Record<string, unknown>;
  for (const method of wanted.methods) checkMethod(wanted, object, method);
  checkPrivateMembers(wanted, object);
  return object;
}

/** Whether it is one of the API's function classes, not one of the job's. */
function isBaseClass(maybe: unknown): boolean {
  return baseClasses.has(maybe);
}

const baseClasses = new Set<unknown>([AbstractRichFunction]);

/** Names the function classes of the API. */
export function registerBaseClasses(...classes: readonly unknown[]): void {
  for (const base of classes) baseClasses.add(base);
}

function checkPlain(wanted: Wanted, given: (...values: unknown[]) => unknown): GivenFunction {
  if (isClass(given)) {
    return reject(
      `${wanted.call} got the class ${classNameOf(given)}: pass an instance, new ${classNameOf(given)}(...).`,
    );
  }
  if (!wanted.plain) {
    return reject(`${wanted.call} takes ${inWords(wanted)}, and got a function.`);
  }
  const kind = Object.prototype.toString.call(given);
  if (kind === "[object AsyncFunction]") {
    return reject(
      `${wanted.call} got an async function: its answer would come too late. Flink asks the outside with AsyncDataStream.`,
    );
  }
  if (kind === "[object GeneratorFunction]" || kind === "[object AsyncGeneratorFunction]") {
    return reject(`${wanted.call} got a generator function: emit with out.collect(...) in place of yield.`);
  }
  if (wanted.parameters === "(value, out)" && given.length === 1) {
    return reject(
      `${wanted.call} takes a function (value, out) => ..., and this one has no second parameter: what it returns goes nowhere, records are emitted with out.collect(...).`,
    );
  }
  return given;
}

function checkMethod(wanted: Wanted, object: Record<string, unknown>, method: string): void {
  if (typeof object[method] !== "function") {
    const hint = didYouMean(method, methodNames(object)).replace(/^\. Did you mean (.*)\?$/, " (it has $1)");
    reject(
      `${wanted.call} takes ${inWords(wanted)}, and ${describe(object)} has no method ${method}${hint === "." ? "" : hint}.`,
    );
  }
  if (Object.getPrototypeOf(object) !== Object.prototype && Object.hasOwn(object, method)) {
    reject(
      `${wanted.call}: write ${method}${wanted.parameters} { ... } as a method of ${classNameOf(object.constructor)}, not as a field. Each subtask gets a copy of the object, and the field's this would be the original.`,
    );
  }
}

function inWords({ methods, parameters, plain }: Wanted): string {
  const object = `an object with ${methods.map((method) => method + parameters).join(" and ")}`;
  return plain ? `a function ${parameters} => ..., or ${object}` : object;
}

function methodNames(object: object): string[] {
  const names: string[] = [];
  for (
    let holder: object | null = object;
    holder !== null && holder !== Object.prototype;
    holder = Object.getPrototypeOf(holder) as object | null
  ) {
    names.push(...Object.getOwnPropertyNames(holder).filter((name) => name !== "constructor"));
  }
  return names;
}

/** A copy does not have the private members of the original, so that its methods would fail on them. */
function checkPrivateMembers(wanted: Wanted, object: object): void {
  for (
    let holder = Object.getPrototypeOf(object) as object | null;
    holder !== null && holder !== Object.prototype && !isBaseClass(holder.constructor);
    holder = Object.getPrototypeOf(holder) as object | null
  ) {
    const name = isClass(holder.constructor) ? privateMember(holder.constructor) : undefined;
    if (name !== undefined) {
      reject(
        `${wanted.call}: ${classNameOf(holder.constructor)} has the private member #${name}. Each subtask gets a copy of the object, which cannot have it: write this.${name}.`,
      );
    }
  }
}

function privateMember(ofClass: AnyClass): string | undefined {
  const source = Function.prototype.toString.call(ofClass);
  if (!source.includes("#")) return undefined;
  const node = parser()?.parseExpressionAt(source, 0, { ecmaVersion: "latest" });
  if (node?.type !== "ClassExpression") return undefined;
  for (const member of node.body.body) {
    if (member.type !== "StaticBlock" && member.key.type === "PrivateIdentifier") return member.key.name;
  }
  return undefined;
}

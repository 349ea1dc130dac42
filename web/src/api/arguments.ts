/** Checks of what a job passes to the API: each takes the call as the job wrote it, for the message. */
import { classNameOf, type AnyClass } from "./class-names";
import { reject } from "./errors";

/** A value in words, for a message: `a number`, `the class Count`, `undefined`. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "undefined":
      return "nothing";
    case "function":
      return isClass(value) ? `the class ${classNameOf(value)}` : "a function";
    case "object": {
      const maker: unknown = value.constructor;
      const name = typeof maker === "function" ? classNameOf(maker) : "Object";
      return name === "Object" ? "an object" : `${article(name)} ${name}`;
    }
    case "string":
      return `the string ${JSON.stringify(value)}`;
    case "number":
    case "bigint":
    case "boolean":
      return `the ${typeof value} ${String(value)}`;
    case "symbol":
    default:
      return "a symbol";
  }
}

function article(name: string): string {
  return /^[AEIOU]/.test(name) ? "an" : "a";
}

export function isClass(value: unknown): value is AnyClass {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/** A whole number from `min` to `max`. */
export function integerArgument(
  call: string,
  what: string,
  value: unknown,
  { min, max = 2 ** 31 - 1 }: { readonly min: number; readonly max?: number },
): number {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    return reject(`${call} takes ${what} as a whole number, and got ${describe(value)}.`);
  }
  if (value < min) return reject(`${call}: ${what} must be at least ${min}, and is ${value}.`);
  if (value > max) return reject(`${call}: ${what} must be at most ${max}, and is ${value}.`);
  return value;
}

/** A Java double, but not NaN. */
export function numberArgument(call: string, what: string, value: unknown): number {
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  return reject(`${call} takes ${what} as a number, and got ${describe(value)}.`);
}

/** A Java long: a whole number, or a bigint. */
export function longArgument(call: string, what: string, value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  return reject(`${call} takes ${what} as a whole number, and got ${describe(value)}.`);
}

export function textArgument(call: string, what: string, value: unknown): string {
  if (typeof value === "string") return value;
  return reject(`${call} takes ${what} as a string, and got ${describe(value)}.`);
}

/** A string that is not empty. */
export function nameArgument(call: string, what: string, value: unknown): string {
  const name = textArgument(call, what, value);
  return name === "" ? reject(`${call}: ${what} must not be empty.`) : name;
}

export function booleanArgument(call: string, what: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  return reject(`${call} takes ${what} as true or false, and got ${describe(value)}.`);
}

/** A constant of an enum, given by its name. */
export function constantArgument<C extends string>(
  call: string,
  what: string,
  value: unknown,
  constants: readonly C[],
): C {
  const found = constants.find((constant) => constant === value);
  return (
    found ?? reject(`${call} takes ${what} as one of ${constants.join(", ")}, and got ${describe(value)}.`)
  );
}

/** An object of one of the API's classes; `example` says how to make one. */
export function instanceArgument<T>(
  call: string,
  value: T,
  wanted: { readonly prototype: object },
  example: string,
): T {
  if (value instanceof (wanted as AnyClass)) return value;
  const name = classNameOf(wanted);
  return reject(`${call} takes ${article(name)} ${name}, as in ${example}, and got ${describe(value)}.`);
}

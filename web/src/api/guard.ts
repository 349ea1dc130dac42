/**
 * Says which method does not exist, and which one was meant, where JavaScript would only say
 * `undefined is not a function`.
 *
 * A guarded class has a proxy at the end of its prototype chain: what the chain holds is found before it
 * and costs nothing, what it does not hold ends there, with the job's line on the stack.
 */
import { classNameOf, registerClassNames } from "./class-names";
import { JobBuildError } from "./errors";
import { didYouMean, whyNotHere } from "./suggestion";

/** Asked for by the language and by tools that look at a value, not by a job. */
const ASKED_BY_TOOLS: ReadonlySet<string> = new Set(["then", "toJSON", "nodeType", "asymmetricMatch"]);

/** Rejects unknown members of the instances of these classes, and of the classes themselves. */
export function guardMembers(classes: Readonly<Record<string, Guarded>>): void {
  registerClassNames(classes);
  for (const guarded of Object.values(classes)) {
    guardInstancesOf(guarded);
    guardStaticsOf(guarded);
  }
}

/** Rejects unknown members of classes that a job may extend; of their instances it may ask for anything. */
export function guardStatics(classes: Readonly<Record<string, Guarded>>): void {
  registerClassNames(classes);
  for (const guarded of Object.values(classes)) guardStaticsOf(guarded);
}

/** A class of the API, with any constructor: only its prototype matters here. */
export interface Guarded {
  readonly prototype: object;
}

/** An object that stands at the end of a prototype chain and rejects what reaches it. */
function endOfChain(chainEnd: object, describe: (receiver: object) => string): object {
  return new Proxy(Object.create(null) as object, {
    get(_target, name, receiver: object) {
      if (typeof name === "symbol" || name in chainEnd || ASKED_BY_TOOLS.has(name)) {
        return Reflect.get(chainEnd, name, receiver) as unknown;
      }
      const subject = describe(receiver);
      const why = whyNotHere(classesOf(receiver), name);
      if (why !== undefined) throw new JobBuildError("api", `${subject}.${name}() is not there: ${why}`);
      const message = `${subject} has no method "${name}"${didYouMean(name, memberNames(receiver))}`;
      throw new JobBuildError("api", message);
    },
    has: (_target, name) => name in chainEnd,
    getPrototypeOf: () => chainEnd,
  });
}

/** The names of an object's class and of those that it extends. */
function classesOf(receiver: object): string[] {
  const names: string[] = [];
  let holder = Object.getPrototypeOf(receiver) as object | null;
  while (holder !== null && holder !== Object.prototype) {
    if (Object.hasOwn(holder, "constructor")) names.push(classNameOf(holder.constructor));
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return names;
}

const instanceEnd = endOfChain(Object.prototype, (receiver) => classNameOf(receiver.constructor));
const staticEnd = endOfChain(Function.prototype, classNameOf);

function guardInstancesOf(guarded: Guarded): void {
  // Of a class that extends another guarded one, the chain already has its end.
  if (Object.getPrototypeOf(guarded.prototype) === Object.prototype) {
    Object.setPrototypeOf(guarded.prototype, instanceEnd);
  }
}

function guardStaticsOf(guarded: Guarded): void {
  if (Object.getPrototypeOf(guarded) === Function.prototype) {
    Object.setPrototypeOf(guarded, staticEnd);
  }
}

/** The methods that a person may call on it. */
export function memberNames(receiver: object): string[] {
  const names = new Set<string>();
  for (
    let holder: object | null = receiver;
    holder !== null && holder !== Object.prototype && holder !== Function.prototype;
    holder = Object.getPrototypeOf(holder) as object | null
  ) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (typeof property.value === "function" && name !== "constructor") names.add(name);
    }
  }
  return [...names].sort();
}

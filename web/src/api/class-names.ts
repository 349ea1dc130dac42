/** The names of the API's classes for messages: a minifier renames classes, and keeps the keys of objects. */

/** A class, as far as its name matters. */
export type AnyClass = abstract new (...parts: never[]) => object;

const names = new WeakMap<object, string>();

/** Notes classes under the names by which jobs know them. */
export function registerClassNames(classes: Readonly<Record<string, object>>): void {
  for (const [name, named] of Object.entries(classes)) names.set(named, name);
}

/** The name of a class of the API or of the job. */
export function classNameOf(named: object): string {
  return names.get(named) ?? (named as { readonly name?: string }).name ?? "";
}

/**
 * What the job API offers, read from its own source: classes with their members, parameters, results and
 * doc comments. The source is the one list, so that the completions cannot fall behind it.
 */

export interface ApiMember {
  readonly name: string;
  readonly isStatic: boolean;
  /** `(mapper, name)`; null for a property. */
  readonly parameters: string | null;
  /** Name of the type that a call gives, without type arguments; `this` is the class that it is called on. */
  readonly result: string | null;
  readonly doc: string;
}

export interface ApiClass {
  readonly name: string;
  readonly parent: string | null;
  readonly doc: string;
  readonly members: readonly ApiMember[];
}

export type ApiIndex = ReadonlyMap<string, ApiClass>;

const CLASS = /^export (?:declare )?(?:abstract )?(?:class|interface) (\w+)/;
const HIDDEN = /^(?:private|protected|constructor\b|#|\[)/;
const METHOD = /^(?:static )?(?:abstract )?(?:get )?(\w+)(?:<[^(]*>)?\??\(/;
const PROPERTY = /^(?:static )?(?:readonly )?(\w+)\??:\s*(\w+)/;

/** Reads the exported classes and interfaces of TypeScript sources that are formatted as this project's are. */
export function indexApi(sources: Iterable<string>): ApiIndex {
  const index = new Map<string, ApiClass>();
  for (const source of sources) {
    for (const found of classesOf(source.split("\n"))) index.set(found.name, found);
  }
  return index;
}

/** Members of a class and of those that it extends; its own go first. */
export function membersOf(index: ApiIndex, name: string): readonly ApiMember[] {
  const members = new Map<string, ApiMember>();
  const seen = new Set<string>();
  for (let at = index.get(name); at !== undefined && !seen.has(at.name); at = index.get(at.parent ?? "")) {
    seen.add(at.name);
    for (const member of at.members) {
      const key = `${member.isStatic} ${member.name}`;
      if (!members.has(key)) members.set(key, member);
    }
  }
  return [...members.values()];
}

function classesOf(lines: readonly string[]): ApiClass[] {
  const found: ApiClass[] = [];
  let doc = "";
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (line.startsWith("/**")) {
      const comment = readDoc(lines, at);
      doc = comment.text;
      at = comment.end;
      continue;
    }
    const name = CLASS.exec(line)?.[1];
    if (name !== undefined) {
      const body = readBody(lines, at);
      const parent = /\bextends (\w+)/.exec(body.head)?.[1] ?? null;
      found.push({ name, parent, doc, members: membersIn(body.lines) });
      at = body.end;
    }
    if (line.trim() !== "") doc = "";
  }
  return found;
}

interface Body {
  /** What stands before the brace. */
  readonly head: string;
  readonly lines: readonly string[];
  /** The line of the closing brace. */
  readonly end: number;
}

function readBody(lines: readonly string[], start: number): Body {
  let open = start;
  while (open < lines.length - 1 && !/\{\}?$/.test(lines[open] ?? "")) open += 1;
  const head = lines.slice(start, open + 1).join(" ");
  if (head.endsWith("{}")) return { head, lines: [], end: open };
  let end = open + 1;
  while (end < lines.length && !(lines[end] ?? "").startsWith("}")) end += 1;
  return { head, lines: lines.slice(open + 1, end), end };
}

function readDoc(lines: readonly string[], start: number): { readonly text: string; readonly end: number } {
  let end = start;
  while (end < lines.length && !(lines[end] ?? "").includes("*/")) end += 1;
  const text = lines
    .slice(start, end + 1)
    .map((line) => line.trim().replace(/^\/\*\*\s?|^\*(?!\/)\s?|\s*\*\/$/g, ""))
    .join("\n")
    .trim();
  return { text, end };
}

function membersIn(lines: readonly string[]): ApiMember[] {
  const members = new Map<string, ApiMember>();
  let doc = "";
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (/^ {2}\/\*\*/.test(line)) {
      const comment = readDoc(lines, at);
      doc = comment.text;
      at = comment.end;
      continue;
    }
    if (/^ {2}\S/.test(line) && !line.startsWith("  }")) {
      const member = readMember(lines, at, doc);
      // Of overloads the first one that is explained stands for all.
      if (member !== null && (members.get(member.name)?.doc ?? "") === "") members.set(member.name, member);
      doc = "";
    }
  }
  return [...members.values()];
}

function readMember(lines: readonly string[], at: number, doc: string): ApiMember | null {
  const declaration = lines
    .slice(at)
    .join("\n")
    .trim()
    .replace(/^(?:public|override) /, "");
  const line = declaration.split("\n", 1)[0] ?? "";
  if (HIDDEN.test(line) || doc.includes("@internal")) return null;
  const isStatic = line.startsWith("static ");
  const method = METHOD.exec(line);
  if (method === null) {
    const property = PROPERTY.exec(line);
    if (property === null) return null;
    return { name: property[1] ?? "", isStatic, parameters: null, result: property[2] ?? null, doc };
  }
  const text = splitDeclaration(declaration, method[0].length - 1);
  const parameters = line.includes("get ") ? null : `(${parameterNames(text.parameters).join(", ")})`;
  const result = /^:\s*(\w+)/.exec(text.rest)?.[1] ?? null;
  return { name: method[1] ?? "", isStatic, parameters, result, doc };
}

/** The text between the parenthesis at `open` and its partner, and what comes after. */
function splitDeclaration(
  text: string,
  open: number,
): { readonly parameters: string; readonly rest: string } {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    else if (text[at] === ")") depth -= 1;
    if (depth === 0) return { parameters: text.slice(open + 1, at), rest: text.slice(at + 1, at + 120) };
  }
  return { parameters: "", rest: "" };
}

function parameterNames(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const sign = text[at] ?? ",";
    if ("([{<".includes(sign)) depth += 1;
    else if (")]}".includes(sign) || (sign === ">" && text[at - 1] !== "=")) depth -= 1;
    else if (sign === "," && depth <= 0) {
      const name = /^\s*(\.\.\.)?_?(\w+)(\?)?/.exec(text.slice(start, at));
      if (name !== null && name[2] !== "this") names.push(`${name[1] ?? ""}${name[2] ?? ""}${name[3] ?? ""}`);
      start = at + 1;
    }
  }
  return names;
}

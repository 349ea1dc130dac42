/**
 * The parser of JavaScript, loaded when a job needs it: the browser's own tells that a job has an error of syntax,
 * and not where.
 */
import type * as acorn from "acorn";

type Parser = Pick<typeof acorn, "parse" | "parseExpressionAt">;

let loaded: Parser | undefined;

/**
 * Loads the parser if this job needs it. Where it cannot be loaded the job's error has the browser's words and no
 * place.
 */
export async function loadParserFor(source: string): Promise<void> {
  if (loaded === undefined && needsParser(source)) await loadParser();
}

/** Loads the parser. */
export async function loadParser(): Promise<void> {
  loaded = await import("acorn").catch(() => undefined);
}

/** The parser, if it is loaded. */
export function parser(): Parser | undefined {
  return loaded;
}

/** Whether a source may have private members, or does not compile. */
function needsParser(source: string): boolean {
  return source.includes("#") || syntaxError(source) !== undefined;
}

/** What the browser says of a job's syntax. The job runs in strict mode, which forbids more. */
export function syntaxError(source: string): SyntaxError | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is compiled, and not run
    new Function(`"use strict";\n${source}`);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    // What else is thrown, as where a page forbids `eval`, is met and told when the job is run.
  }
  return undefined;
}

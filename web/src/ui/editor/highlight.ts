/** The quiet colouring of a job before the editor is loaded: comments, strings, keywords and numbers. */

export type TokenKind = "plain" | "comment" | "string" | "keyword" | "number";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const KEYWORDS = new Set(
  "async await break case catch class const continue do else extends false finally for function if in instanceof let new null of return super switch this throw true try typeof undefined var while yield".split(
    " ",
  ),
);

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`(?:[^`\\]|\\[\s\S])*`?)|(?<number>\b\d[\w.]*)|(?<word>[A-Za-z_$][\w$]*)/g;

/** The tokens of each line. */
export function highlightLines(source: string): readonly (readonly Token[])[] {
  const lines: Token[][] = [[]];
  const push = (kind: TokenKind, text: string): void => {
    text.split("\n").forEach((part, at) => {
      if (at > 0) lines.push([]);
      const line = lines.at(-1) ?? [];
      const last = line.at(-1);
      if (last?.kind === kind) line[line.length - 1] = { kind, text: last.text + part };
      else if (part.length > 0) line.push({ kind, text: part });
    });
  };
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    push("plain", source.slice(end, match.index));
    push(kindOf(match), match[0]);
    end = match.index + match[0].length;
  }
  push("plain", source.slice(end));
  return lines;
}

function kindOf(match: RegExpMatchArray): TokenKind {
  const groups = match.groups ?? {};
  if (groups["comment"] !== undefined) return "comment";
  if (groups["string"] !== undefined) return "string";
  if (groups["number"] !== undefined) return "number";
  return KEYWORDS.has(match[0]) ? "keyword" : "plain";
}

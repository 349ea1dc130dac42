/** Completions of a job: the API's members where the class before the dot is known, its names elsewhere. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { localCompletionSource } from "@codemirror/lang-javascript";
import { syntaxTree } from "@codemirror/language";
import type { SyntaxNode } from "@lezer/common";
import { indexApi, membersOf, type ApiClass, type ApiIndex, type ApiMember } from "./api-index";
import { typeOfExpression } from "./expression-type";

const SOURCES: Readonly<Record<string, string>> = import.meta.glob("../../api/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

let known: ApiIndex | null = null;

function api(): ApiIndex {
  const sources = Object.entries(SOURCES).filter(([path]) => !path.endsWith(".test.ts"));
  known ??= indexApi(sources.map(([, source]) => source));
  return known;
}

/** What can stand at the cursor; null where nothing of the API can. */
export function completeJob(context: CompletionContext): CompletionResult | null {
  const node = syntaxTree(context.state).resolveInner(context.pos, -1);
  if (/Comment|String|Template|RegExp/.test(node.name)) return null;
  const member = memberAt(node);
  if (member !== null) return completeMember(context, member);
  const word = context.matchBefore(/\w+/);
  if (word === null && !context.explicit) return null;
  // After a dot whose left side is not known, no name is more likely than another.
  if (context.matchBefore(/\.\s*\w*/) !== null) return null;
  const local = localCompletionSource(context);
  return {
    from: word?.from ?? context.pos,
    options: [...topLevel(api()), ...(local?.options ?? [])],
    validFor: /^\w*$/,
  };
}

/** The member access that the cursor stands in, just after its dot or in its name. */
function memberAt(node: SyntaxNode): SyntaxNode | null {
  if (node.name === "MemberExpression") return node;
  if (node.name !== "." && node.name !== "PropertyName" && node.name !== "⚠") return null;
  return node.parent?.name === "MemberExpression" ? node.parent : null;
}

function completeMember(context: CompletionContext, member: SyntaxNode): CompletionResult | null {
  const object = member.firstChild;
  if (object === null) return null;
  const type = typeOfExpression(context.state, object, api());
  if (type === null) return null;
  const members = membersOf(api(), type.name).filter((found) => found.isStatic === type.isStatic);
  if (members.length === 0) return null;
  return {
    from: context.matchBefore(/\w+/)?.from ?? context.pos,
    options: members.map((found) => memberCompletion(found)),
    validFor: /^\w*$/,
  };
}

function memberCompletion(member: ApiMember): Completion {
  const result = member.result === null || member.result === "void" ? "" : ` → ${member.result}`;
  return {
    label: member.name,
    type: member.parameters === null ? "property" : "method",
    detail: `${member.parameters ?? ""}${result}`,
    ...(member.doc === "" ? {} : { info: member.doc }),
  };
}

function topLevel(index: ApiIndex): Completion[] {
  const env = index.get("StreamExecutionEnvironment");
  const classes = [...index.values()].filter(isForJobs).map((found): Completion => {
    return { label: found.name, type: "class", ...(found.doc === "" ? {} : { info: found.doc }) };
  });
  return [
    { label: "env", type: "variable", boost: 2, ...(env === undefined ? {} : { info: env.doc }) },
    ...classes,
  ];
}

/** A class that a job writes by name: it is made, extended or asked for something. */
function isForJobs(found: ApiClass): boolean {
  return found.members.some((member) => member.isStatic) || /(Descriptor|Function|Tag)$/.test(found.name);
}

/** Finds out which class of the API an expression of the job is, as far as calls and constants tell. */
import type { EditorState } from "@codemirror/state";
import type { SyntaxNode } from "@lezer/common";
import { membersOf, type ApiIndex } from "./api-index";

/** An instance of a class, or the class itself, as in `Duration.ofMillis`. */
export interface ExpressionType {
  readonly name: string;
  readonly isStatic: boolean;
}

/** What names mean by custom in user functions; a parameter has no declared type in a job. */
const BY_CUSTOM: Readonly<Record<string, string>> = { out: "Collector", ctx: "KeyedContext" };
/** A chain of constants longer than this is not followed. */
const DEPTH_MAX = 40;

export function typeOfExpression(
  state: EditorState,
  node: SyntaxNode,
  index: ApiIndex,
  depth = 0,
): ExpressionType | null {
  if (depth > DEPTH_MAX) return null;
  const text = (at: SyntaxNode): string => state.sliceDoc(at.from, at.to);
  switch (node.name) {
    case "VariableName":
      return typeOfName(state, text(node), node, index, depth);
    case "ParenthesizedExpression": {
      const inner = node.firstChild?.nextSibling;
      return inner === null || inner === undefined ? null : typeOfExpression(state, inner, index, depth + 1);
    }
    case "NewExpression": {
      const name = node.getChild("VariableName");
      return name === null || !index.has(text(name)) ? null : { name: text(name), isStatic: false };
    }
    case "CallExpression": {
      const callee = node.firstChild;
      return callee === null ? null : typeOfMember(state, callee, index, depth + 1);
    }
    case "MemberExpression":
      return typeOfMember(state, node, index, depth + 1);
    default:
      return null;
  }
}

/** The class that a member access gives, called or not. */
function typeOfMember(
  state: EditorState,
  member: SyntaxNode,
  index: ApiIndex,
  depth: number,
): ExpressionType | null {
  const object = member.firstChild;
  const property = member.getChild("PropertyName");
  if (member.name !== "MemberExpression" || object === null || property === null) return null;
  const owner = typeOfExpression(state, object, index, depth);
  if (owner === null) return null;
  const name = state.sliceDoc(property.from, property.to);
  const found = membersOf(index, owner.name).find(
    (known) => known.name === name && known.isStatic === owner.isStatic,
  );
  const result = found?.result === "this" ? owner.name : (found?.result ?? null);
  return result === null || !index.has(result) ? null : { name: result, isStatic: false };
}

function typeOfName(
  state: EditorState,
  name: string,
  use: SyntaxNode,
  index: ApiIndex,
  depth: number,
): ExpressionType | null {
  if (name === "env") return { name: "StreamExecutionEnvironment", isStatic: false };
  const value = initialValue(state, name, use);
  if (value !== null) return typeOfExpression(state, value, index, depth + 1);
  if (index.has(name)) return { name, isStatic: true };
  const custom = BY_CUSTOM[name];
  return custom === undefined ? null : { name: custom, isStatic: false };
}

/** The expression that a `const` or `let` of this name was given, in a scope around its use. */
function initialValue(state: EditorState, name: string, use: SyntaxNode): SyntaxNode | null {
  for (let scope = use.parent; scope !== null; scope = scope.parent) {
    for (const declaration of scope.getChildren("VariableDeclaration")) {
      for (const definition of declaration.getChildren("VariableDefinition")) {
        if (state.sliceDoc(definition.from, definition.to) !== name || definition.to > use.from) continue;
        const equals = definition.nextSibling;
        if (equals?.name === "Equals") return equals.nextSibling;
      }
    }
  }
  return null;
}

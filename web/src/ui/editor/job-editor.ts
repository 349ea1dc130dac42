/** The job's editor: CodeMirror with JavaScript, the API's completions, and errors at their line. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField, type Extension, type Range } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  WidgetType,
  type DecorationSet,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { completeJob } from "./completions";
import type { CodeError } from "./job-code";

export interface JobEditorOptions {
  readonly text: string;
  /** Where the editor's styles go. */
  readonly root: ShadowRoot;
  readonly changed: (text: string) => void;
  readonly run: () => void;
}

export interface JobEditor {
  readonly dom: HTMLElement;
  setText(text: string): void;
  setError(error: CodeError | null): void;
  reveal(line: number): void;
  /** Takes the focus, at the start of a line where one is given. */
  focus(line: number | null): void;
}

export function createJobEditor({ text, root, changed, run }: JobEditorOptions): JobEditor {
  const view = new EditorView({
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([{ key: "Mod-Enter", run: () => (run(), true) }]),
        basics(),
        errorField,
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
        }),
        EditorView.contentAttributes.of({ "aria-label": "The job's code; Escape, then Tab leaves it" }),
      ],
    }),
  });
  const goTo = (line: number): void => {
    const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines)).from;
    view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
  };
  return {
    dom: view.dom,
    setText(wanted) {
      if (view.state.doc.toString() === wanted) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: wanted } });
    },
    setError(error) {
      view.dispatch({ effects: setErrorEffect.of(error) });
    },
    reveal: goTo,
    focus(line) {
      view.focus();
      if (line !== null) goTo(line);
    },
  };
}

function basics(): Extension {
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    EditorState.tabSize.of(2),
    javascript(),
    autocompletion({ override: [completeJob], icons: false }),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...completionKeymap,
      indentWithTab,
    ]),
    syntaxHighlighting(colours),
    looks,
  ];
}

const setErrorEffect = StateEffect.define<CodeError | null>();

/** The error's line and, under it, its message. An edit of that line takes both away. */
const errorField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    let next = transaction.docChanged ? Decoration.none : decorations;
    for (const effect of transaction.effects) {
      if (effect.is(setErrorEffect)) next = decorate(transaction.state, effect.value);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorate(state: EditorState, error: CodeError | null): DecorationSet {
  if (error?.at === null || error === null || error.at.line > state.doc.lines) return Decoration.none;
  const line = state.doc.line(error.at.line);
  const ranges: Range<Decoration>[] = [
    Decoration.line({ class: "cm-wrong" }).range(line.from),
    Decoration.widget({ widget: new ErrorMessage(error.message), side: 1, block: true }).range(line.to),
  ];
  return Decoration.set(ranges);
}

class ErrorMessage extends WidgetType {
  private readonly message: string;

  constructor(message: string) {
    super();
    this.message = message;
  }

  override eq(other: ErrorMessage): boolean {
    return other.message === this.message;
  }

  toDOM(): HTMLElement {
    const element = document.createElement("div");
    element.className = "cm-message";
    element.dataset["test"] = "line-error";
    element.textContent = this.message;
    return element;
  }
}

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--ink-faint)" },
  { tag: [tags.string, tags.regexp, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.keyword, tags.modifier, tags.bool, tags.null, tags.self], color: "var(--accent)" },
  { tag: [tags.number], color: "var(--warn)" },
]);

const looks = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px", color: "var(--ink)", backgroundColor: "var(--panel)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", overscrollBehavior: "contain" },
  ".cm-content": { padding: "6px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 14px 0 6px" },
  ".cm-gutters": { backgroundColor: "var(--panel)", border: "0", color: "var(--ink-faint)" },
  ".cm-lineNumbers .cm-gutterElement": { width: "38px", padding: "0 8px 0 0", fontSize: "11px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent)",
  },
  ".cm-matchingBracket": {
    backgroundColor: "color-mix(in srgb, var(--accent) 18%, transparent)",
    outline: "none",
  },
  ".cm-wrong, .cm-wrong.cm-activeLine": {
    backgroundColor: "var(--bad-soft)",
    boxShadow: "inset 3px 0 var(--bad)",
  },
  ".cm-message": {
    padding: "2px 14px 4px 8px",
    backgroundColor: "var(--bad-soft)",
    boxShadow: "inset 3px 0 var(--bad)",
    color: "var(--bad)",
    font: "var(--text-small)/1.4 var(--sans)",
  },
  ".cm-tooltip": {
    border: "1px solid var(--line-strong)",
    borderRadius: "6px",
    backgroundColor: "var(--panel)",
    color: "var(--ink)",
    boxShadow: "0 6px 24px rgb(0 0 0 / 0.16)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mono)",
    fontSize: "12px",
    maxHeight: "16em",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--accent-fill)",
    color: "var(--on-accent)",
  },
  ".cm-completionDetail": { color: "inherit", opacity: "0.75", fontStyle: "normal", marginLeft: "10px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionInfo": {
    padding: "8px 10px",
    maxWidth: "320px",
    font: "var(--text-small)/1.45 var(--sans)",
  },
});

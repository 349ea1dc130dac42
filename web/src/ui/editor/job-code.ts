/**
 * The job's code: plain coloured lines until the reader opens it, then CodeMirror, which is loaded only
 * then. Errors stand at their line in both.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { base } from "../theme";
import type { SourcePosition } from "../../engine/protocol";
import { define } from "../panel";
import { highlightLines } from "./highlight";
import type { JobEditor } from "./job-editor";

export interface CodeError {
  readonly at: SourcePosition | null;
  readonly message: string;
}

export class JobCode extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        position: relative;
        min-height: 0;
        overflow: hidden;
        font: 12.5px/20px var(--mono);
      }
      .lines,
      .editor {
        height: 100%;
      }
      .lines {
        display: block;
        width: 100%;
        padding: 6px 0;
        overflow: auto;
        overscroll-behavior: contain;
        counter-reset: line;
        tab-size: 2;
        cursor: text;
      }
      .lines:focus-visible {
        outline-offset: -2px;
      }
      .line {
        display: block;
        width: max-content;
        min-width: 100%;
        min-height: 20px;
        padding-inline: 0 var(--inset);
        white-space: pre;
        counter-increment: line;
      }
      .line::before {
        content: counter(line);
        display: inline-block;
        width: 38px;
        padding-inline-end: 14px;
        color: var(--ink-faint);
        font-size: 11px;
        text-align: end;
      }
      .line.wrong {
        background: var(--bad-soft);
        box-shadow: inset 3px 0 var(--bad);
      }
      .line.shown {
        background: var(--accent-soft);
      }
      .comment {
        color: var(--ink-faint);
      }
      .string {
        color: var(--good);
      }
      .keyword {
        color: var(--accent);
      }
      .number {
        color: var(--warn);
      }
      .message {
        display: block;
        width: max-content;
        max-width: 100%;
        padding: 2px var(--inset) 4px 38px;
        background: var(--bad-soft);
        box-shadow: inset 3px 0 var(--bad);
        color: var(--bad);
        font: var(--text-small) / 1.4 var(--sans);
        white-space: normal;
      }
      .loading {
        position: absolute;
        inset: auto 0 0;
        padding: 3px var(--inset);
        background: var(--sunken);
        color: var(--ink-soft);
        font: var(--text-small) / 1.4 var(--sans);
      }
    `,
  ];
  static override properties = {
    text: {},
    error: { attribute: false },
    readonly: { type: Boolean },
    loading: { state: true },
    shownLine: { state: true },
  };
  declare text: string;
  declare error: CodeError | null;
  declare readonly: boolean;
  declare private loading: string | null;
  declare private shownLine: number | null;
  private editor: JobEditor | null = null;
  private opening = false;
  /** The line that was pressed while the editor was not there yet. */
  private pressedLine: number | null = null;

  constructor() {
    super();
    this.text = "";
    this.error = null;
    this.readonly = false;
    this.loading = null;
    this.shownLine = null;
  }

  override render(): TemplateResult {
    if (this.editor !== null) return html`<div class="editor">${this.editor.dom}</div>`;
    return html`
      <pre
        class="lines"
        tabindex="0"
        role=${this.readonly ? "region" : "textbox"}
        aria-multiline="true"
        aria-readonly=${this.readonly}
        aria-label="The job's code"
        @pointerup=${(event: PointerEvent) => this.openAt(event)}
        @focus=${() => void this.open()}
      >
${this.renderLines()}</pre>
      ${this.loading === null ? nothing : html`<div class="loading" role="status">${this.loading}</div>`}
    `;
  }

  /** Shows a line: marks it and brings it into sight. */
  async reveal(line: number): Promise<void> {
    this.shownLine = line;
    await this.updateComplete;
    if (this.editor !== null) this.editor.reveal(line);
    else this.renderRoot.querySelector(`[data-line="${line}"]`)?.scrollIntoView({ block: "nearest" });
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.editor === null) return;
    if (changed.has("text")) this.editor.setText(this.text);
    if (changed.has("error")) this.editor.setError(this.error);
  }

  private renderLines(): TemplateResult[] {
    const wrong = this.error?.at?.line;
    return highlightLines(this.text).map((tokens, at) => {
      const line = at + 1;
      const name = line === wrong ? "line wrong" : line === this.shownLine ? "line shown" : "line";
      const code = tokens.map(({ kind, text }) =>
        kind === "plain" ? text : html`<span class=${kind}>${text}</span>`,
      );
      const message = line === wrong ? html`<span class="message">${this.error?.message}</span>` : nothing;
      return html`<span class=${name} data-line=${line}>${code}</span>${message}`;
    });
  }

  private openAt(event: PointerEvent): void {
    // A reader who selects text to copy it does not want another thing to appear under the hand.
    if (String(getSelection()) !== "") return;
    const line = (event.target as HTMLElement).closest<HTMLElement>("[data-line]")?.dataset["line"];
    this.pressedLine = line === undefined ? null : Number(line);
    void this.open();
  }

  private async open(): Promise<void> {
    if (this.readonly || this.opening) return;
    this.opening = true;
    this.loading = "Loading the editor …";
    try {
      const { createJobEditor } = await import("./job-editor");
      this.editor = createJobEditor({
        text: this.text,
        root: this.renderRoot as ShadowRoot,
        changed: (text) => this.dispatchEvent(new CustomEvent("edit", { detail: text })),
        run: () => this.dispatchEvent(new CustomEvent("run")),
      });
      this.loading = null;
      this.requestUpdate();
      await this.updateComplete;
      this.editor.setError(this.error);
      this.editor.focus(this.pressedLine);
    } catch (error) {
      this.opening = false;
      this.loading = `The editor could not be loaded: ${String(error)}`;
    }
  }
}

define("weir-job-code", JobCode);

/** The job: which example, which files, its code, Run, and why it was not built. */
import { css, html, nothing, type TemplateResult } from "lit";
import { base } from "../theme";
import type { JobError } from "../../engine/protocol";
import { EXAMPLE_IDS } from "../../examples/catalog";
import { loadSummaries } from "../../examples/content";
import { TITLES } from "../../examples/titles";
import "../editor/job-code";
import type { CodeError, JobCode } from "../editor/job-code";
import { define, Panel } from "../panel";
import type { Topic } from "../session";
import { bytes, count, errorInWords } from "../words";

export class JobPane extends Panel {
  static override styles = [
    base,
    css`
      :host {
        overflow: hidden;
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--panel);
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 8px 10px 8px var(--inset);
      }
      header select {
        flex: 1;
      }
      header b {
        flex: 1;
        font-weight: 600;
      }
      .summary,
      summary {
        padding: 0 var(--inset) 8px;
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
      summary {
        cursor: pointer;
      }
      .watch ol {
        max-height: var(--notes, 160px);
        padding: 0 var(--inset) 8px;
        overflow: auto;
        font-size: var(--text-small);
      }
      .watch li {
        display: grid;
        grid-template-columns: 6ch 1fr;
        gap: 8px;
        padding: 2px 4px;
        border-radius: 4px;
      }
      .watch li button {
        align-self: start;
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .watch [aria-current] {
        background: var(--accent-soft);
      }
      .files {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
        padding: 0 var(--inset) 8px;
        font-size: var(--text-small);
      }
      .file {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        padding: 1px 8px;
        border: 1px solid var(--line);
        border-radius: 99px;
        background: var(--sunken);
      }
      .file button {
        min-width: 20px;
        min-height: 20px;
        padding: 0;
        border: 0;
        background: none;
      }
      weir-job-code {
        flex: 1;
        border-top: 1px solid var(--line);
      }
      .error {
        max-height: 45%;
        overflow: auto;
        padding: 10px var(--inset);
        border-top: 1px solid var(--line);
        background: var(--bad-soft);
        box-shadow: inset 3px 0 var(--bad);
        font-size: var(--text-small);
      }
      .error b {
        display: block;
        color: var(--bad);
        font-size: var(--text);
      }
      .error [data-test] {
        white-space: pre-line;
      }
      .error p {
        margin-top: 3px;
        overflow-wrap: anywhere;
      }
      .notice {
        padding: 6px var(--inset);
        border-top: 1px solid var(--line);
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
      .drop {
        position: absolute;
        inset: 6px;
        z-index: 5;
        display: grid;
        place-items: center;
        border: 2px dashed var(--accent);
        border-radius: 8px;
        background: color-mix(in srgb, var(--panel) 88%, transparent);
        pointer-events: none;
      }
      :host {
        position: relative;
      }
    `,
  ];
  static override properties = { ...Panel.properties, dropping: { state: true }, refused: { state: true } };
  declare private dropping: boolean;
  declare private refused: readonly string[];

  constructor() {
    super();
    this.dropping = false;
    this.refused = [];
    this.addEventListener("dragover", (event) => this.onDragOver(event));
    this.addEventListener("dragleave", () => (this.dropping = false));
    this.addEventListener("drop", (event) => void this.onDrop(event));
  }

  protected readonly topics: readonly Topic[] = ["run", "choice"];
  private unfollowTime: (() => void) | null = null;
  private summaries: Awaited<ReturnType<typeof loadSummaries>> | null = null;
  /** Which of the moments to watch was the last to be passed. */
  private passed = -1;
  private shown: HTMLElement | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.unfollowTime = this.lab.session.observers.follow(["moment"], () => {
      if (this.lastPassed() !== this.passed) this.requestUpdate();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unfollowTime?.();
  }

  protected override updated(): void {
    const list = this.renderRoot.querySelector<HTMLElement>(".watch ol");
    const current = list?.querySelector<HTMLElement>("[aria-current]") ?? null;
    // Within the list alone: scrolling into view would move the page too.
    if (list !== null && current !== null && current !== this.shown)
      list.scrollTop = current.offsetTop - list.offsetTop - current.offsetHeight / 2;
    this.shown = current;
  }

  private lastPassed(): number {
    const { watch, session } = this.lab;
    return watch.findLastIndex(({ tick }) => tick <= session.tick);
  }

  override render(): TemplateResult {
    const { lab } = this;
    const { session } = lab;
    const error = session.jobError ?? session.runError ?? session.moment?.failure ?? null;
    return html`
      <header>
        ${this.renderChooser()}
        <button
          class="primary"
          data-test="run"
          title="Build the job and run it (Ctrl+Enter, ⌘+Enter in the editor)"
          @click=${lab.actions.runDraft}
        >
          Run <span aria-hidden="true">⌃↵</span>
        </button>
      </header>
      ${this.renderWatch()} ${this.renderFiles()}
      <weir-job-code
        .text=${lab.draft}
        .error=${codeError(error)}
        ?readonly=${lab.options.readonly}
        @edit=${(event: CustomEvent<string>) => (lab.draft = event.detail)}
        @run=${lab.actions.runDraft}
      ></weir-job-code>
      ${error === null ? this.renderDraftNotice() : this.renderError(error)}
      ${this.dropping ? html`<div class="drop">Drop texts for readTextFile</div>` : nothing}
    `;
  }

  /** Shows a line of the job. */
  reveal(line: number): void {
    void this.renderRoot.querySelector<JobCode>("weir-job-code")?.reveal(line);
  }

  private renderChooser(): TemplateResult {
    const { options, example } = this.lab;
    if (options.readonly) return html`<b>${example === null ? "job.js" : TITLES[example]}</b>`;
    return html`
      <select
        aria-label="Example"
        data-test="example"
        @change=${this.onExample}
        @focus=${this.onChoosing}
        @pointerenter=${this.onChoosing}
      >
        ${example === null ? html`<option value="" selected>This page's job</option>` : nothing}
        ${EXAMPLE_IDS.map(
          (id) =>
            html`<option
              value=${id}
              ?selected=${id === example}
              title=${this.summaries?.[id].summary ?? nothing}
            >
              ${TITLES[id]}
            </option>`,
        )}
      </select>
    `;
  }

  /** What there is to see in the example, and the ticks at which it is seen. */
  private renderWatch(): TemplateResult | typeof nothing {
    const { summary, watch, session } = this.lab;
    if (summary === null) return nothing;
    if (watch.length === 0) return html`<p class="summary">${summary}</p>`;
    this.passed = this.lastPassed();
    return html`
      <details class="watch" data-test="watch" open>
        <summary>${summary}</summary>
        <ol>
          ${watch.map(
            ({ tick, text }, at) => html`
              <li aria-current=${at === this.passed ? "step" : nothing}>
                <button class="link" title="Go to tick ${tick}" @click=${() => void session.seek(tick)}>
                  ${count(tick)}
                </button>
                <span>${text}</span>
              </li>
            `,
          )}
        </ol>
      </details>
    `;
  }

  private renderFiles(): TemplateResult | typeof nothing {
    const { lab } = this;
    const files = lab.files.list(lab.draft);
    if (lab.options.readonly && files.length === 0) return nothing;
    return html`
      <div class="files">
        ${files.map(
          (file) => html`
            <span class="file" title='readTextFile("${file.path}")'>
              ${file.path}
              ${file.bytes === 0 ? nothing : html`<span class="faint">${bytes(file.bytes)}</span>`}
              ${
                file.own
                  ? html`<button
                      aria-label="Take ${file.path} away"
                      @click=${() => this.removeFile(file.path)}
                    >
                      ✕
                    </button>`
                  : nothing
              }
            </span>
          `,
        )}
        ${
          lab.options.readonly
            ? nothing
            : html`
                <button class="link" @click=${this.chooseFiles}>add a text</button>
                <input type="file" hidden multiple data-test="files" @change=${this.onFiles} />
              `
        }
        ${this.refused.map((reason) => html`<span role="alert" class="faint">${reason}</span>`)}
      </div>
    `;
  }

  private renderDraftNotice(): TemplateResult | typeof nothing {
    const { session, draft } = this.lab;
    if (session.run === null || session.run.source === draft) return nothing;
    return html`<p class="notice">Changed; what runs is the job before the change.</p>`;
  }

  private renderError(error: JobError): TemplateResult {
    const { title, advice } = errorInWords(error);
    const { session, actions } = this.lab;
    const { at } = error;
    return html`
      <div class="error" role="alert" data-test="job-error">
        <b>${title}</b>
        <p data-test="job-error-message" .textContent=${error.message}></p>
        <p>
          ${error.task === undefined ? nothing : html`In <strong>${error.task}</strong>. `}
          ${
            at === undefined
              ? nothing
              : html`<button class="link" @click=${() => actions.revealLine(at.line)}>
                    Line ${at.line}, column ${at.column}</button
                  >. `
          }
          ${error.tick === undefined ? nothing : html`At tick ${error.tick}. `}${advice}
        </p>
        ${session.jobError !== null && session.run !== null ? html`<p>The job that ran before goes on.</p>` : nothing}
      </div>
    `;
  }

  /** Titles of the options, before they are seen. */
  private readonly onChoosing = async (): Promise<void> => {
    this.summaries ??= await loadSummaries().catch(() => null);
    this.requestUpdate();
  };

  private readonly onExample = (event: Event): void => {
    const id = EXAMPLE_IDS.find((known) => known === (event.target as HTMLSelectElement).value);
    if (id !== undefined) this.lab.actions.openExample(id);
  };

  private readonly chooseFiles = (): void => {
    this.renderRoot.querySelector<HTMLInputElement>("input[type=file]")?.click();
  };

  private readonly onFiles = async (event: Event): Promise<void> => {
    const field = event.target as HTMLInputElement;
    await this.addFiles(field.files ?? []);
    field.value = "";
  };

  private onDragOver(event: DragEvent): void {
    if (this.lab.options.readonly || !(event.dataTransfer?.types.includes("Files") ?? false)) return;
    event.preventDefault();
    this.dropping = true;
  }

  private async onDrop(event: DragEvent): Promise<void> {
    if (!this.dropping) return;
    event.preventDefault();
    this.dropping = false;
    await this.addFiles(event.dataTransfer?.files ?? []);
  }

  private async addFiles(files: Iterable<File>): Promise<void> {
    this.refused = await this.lab.files.add(files);
    this.requestUpdate();
  }

  private removeFile(path: string): void {
    this.lab.files.remove(path);
    this.requestUpdate();
  }
}

function codeError(error: JobError | null): CodeError | null {
  return error === null ? null : { at: error.at ?? null, message: error.message };
}

define("weir-job-pane", JobPane);

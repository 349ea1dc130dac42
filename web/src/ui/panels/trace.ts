/** The trace as a list: messages between processes and changes of state, in the order in which they happened. */
import { css, html, nothing, type TemplateResult } from "lit";
import { base } from "../theme";
import type { TraceEntry } from "../../engine/protocol";
import { define, Panel } from "../panel";
import "../rows";
import type { Run, Topic } from "../session";
import { count } from "../words";

/** Entries asked for at once. */
const PAGE = 500;
/** Entries that the list holds; older ones are left out of it, and that is said. */
const ENTRIES_MAX = 5_000;

export class Trace extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      weir-rows {
        flex: 1;
        font: 12px var(--mono);
      }
      .empty {
        padding: 10px var(--inset);
        color: var(--ink-faint);
        font-size: var(--text-small);
      }
    `,
  ];
  static override properties = { ...Panel.properties, entries: { state: true }, missing: { state: true } };
  declare private entries: readonly TraceEntry[];
  /** Entries before the first one listed. */
  declare private missing: number;
  private asking = false;
  private stale = false;
  /** The run that the entries are of. */
  private of: Run | null = null;

  constructor() {
    super();
    this.entries = [];
    this.missing = 0;
  }

  protected readonly topics: readonly Topic[] = ["moment", "run"];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.ask();
  }

  protected override told(): void {
    void this.ask();
  }

  override render(): TemplateResult {
    const { entries } = this;
    if (entries.length === 0) return html`<p class="empty">No message was sent yet.</p>`;
    return html`
      ${this.missing === 0 ? nothing : html`<p class="empty">${count(this.missing)} older entries are not listed.</p>`}
      <weir-rows
        follow
        label="Trace; Enter goes to the tick of an entry"
        .length=${entries.length}
        .version=${entries}
        .row=${(index: number) => renderEntry(entries[index])}
        @pick=${(event: CustomEvent<number>) => this.goTo(event.detail)}
      ></weir-rows>
    `;
  }

  private goTo(index: number): void {
    const entry = this.entries[index];
    if (entry !== undefined) void this.lab.session.seek(entry.tick + 1);
  }

  private async ask(): Promise<void> {
    this.stale = true;
    if (this.asking) return;
    this.asking = true;
    while (this.isConnected && this.takeStale()) await this.askOnce();
    this.asking = false;
  }

  private takeStale(): boolean {
    const { stale } = this;
    this.stale = false;
    return stale;
  }

  /** Reads what is new; what is of another run, of a later moment or too far behind is forgotten. */
  private async askOnce(): Promise<void> {
    const { session } = this.lab;
    if (this.of !== session.run) this.forget(0);
    this.of = session.run;
    const from = this.missing + this.entries.length;
    const answer = await session.look({ kind: "trace", from, limit: PAGE }, "trace");
    if (answer === null) this.forget(0);
    else if (answer.total < this.missing || answer.total > from + ENTRIES_MAX) {
      this.forget(Math.max(0, answer.total - ENTRIES_MAX));
      this.stale = answer.total > 0;
    } else if (answer.total < from) {
      this.entries = this.entries.slice(0, answer.total - this.missing);
    } else if (answer.entries.length > 0) {
      const all = [...this.entries, ...answer.entries];
      const over = Math.max(0, all.length - ENTRIES_MAX);
      this.entries = all.slice(over);
      this.missing += over;
      this.stale ||= answer.total > from + answer.entries.length;
    }
  }

  private forget(missing: number): void {
    this.entries = [];
    this.missing = missing;
  }
}

function renderEntry(entry: TraceEntry | undefined): TemplateResult {
  if (entry === undefined) return html``;
  return html`
    <span class="tick">${count(entry.tick)}</span>
    <span class="soft">${entry.kind.padEnd(8)}</span>
    <span>${entry.text}</span>
    <span class="soft"
      >${entry.to === "" || entry.to === entry.from ? entry.from : `${entry.from} → ${entry.to}`}</span
    >
  `;
}

define("weir-trace", Trace);

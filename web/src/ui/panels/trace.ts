/** The trace as a list: messages between processes and changes of state, in the order in which they happened. */
import { css, html, nothing, type TemplateResult } from "lit";
import { base } from "../theme";
import type { TraceEntry } from "../../engine/protocol";
import { FeedPanel } from "../feed-panel";
import { define } from "../panel";
import "../rows";
import type { Session } from "../session";
import { TraceFeed } from "../trace-feed";
import { count } from "../words";

export class Trace extends FeedPanel<TraceFeed> {
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
  static override properties = { ...FeedPanel.properties, entries: { state: true } };
  /** What has happened at the moment that is shown. */
  declare private entries: readonly TraceEntry[];

  constructor() {
    super();
    this.entries = [];
  }

  protected open(session: Session, changed: () => void): TraceFeed {
    return new TraceFeed(session, changed);
  }

  protected override heard(): void {
    const { feed, entries } = this;
    if (feed === null) return;
    const happened = feed.total - feed.missing;
    if (feed.entries[0] === entries[0] && happened === entries.length) return;
    this.entries = feed.entries.slice(0, happened);
  }

  override render(): TemplateResult {
    const { entries } = this;
    const missing = this.feed?.missing ?? 0;
    if (entries.length === 0) return html`<p class="empty">No message was sent yet.</p>`;
    return html`
      ${missing === 0 ? nothing : html`<p class="empty">${count(missing)} older entries are not listed.</p>`}
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

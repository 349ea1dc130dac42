/**
 * The wire protocol as a list: each message from one TaskManager to another, when it was sent and arrived, on
 * which channel, and what it says. A row leads to its moment and keeps its channel.
 */
import { css, html, nothing, type TemplateResult } from "lit";
import { base } from "../theme";
import type { Graphs, MessageEntry, MessageFilter, Topology } from "../../engine/protocol";
import { define, Panel } from "../panel";
import "../rows";
import type { Topic } from "../session";
import { WindowList } from "../window-list";
import { count, counted } from "../words";

/** Flink's messages, in the order in which a channel first sees them. */
const KINDS = [
  "PartitionRequest",
  "BufferResponse",
  "AddCredit",
  "BacklogAnnouncement",
  "ResumeConsumption",
  "NewBufferSize",
  "AckAllUserRecordsProcessed",
  "CancelPartitionRequest",
  "ErrorResponse",
] as const;
const KIND_LETTERS = Math.max(...KINDS.map((kind) => kind.length));
/** So many letters most contents have: the channels stand below each other. */
const CONTENT_LETTERS = 34;
const NARROW_PIXELS = 720;
/** Channels offered in the filter; of more, the kept one alone. */
const CHANNELS_MAX = 300;

export class Messages extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      .filter {
        display: flex;
        flex: none;
        flex-wrap: wrap;
        gap: 6px 12px;
        align-items: center;
        padding: 6px var(--inset);
        font-size: var(--text-small);
      }
      .filter select {
        max-width: 44ch;
      }
      .filter output {
        margin-inline-start: auto;
        color: var(--ink-faint);
        font-variant-numeric: tabular-nums;
      }
      .columns,
      weir-rows {
        font: 12px var(--mono);
      }
      .columns {
        display: flex;
        flex: none;
        gap: 12px;
        padding: 0 var(--inset) 2px;
        overflow: hidden;
        color: var(--ink-faint);
        white-space: pre;
      }
      weir-rows {
        flex: 1;
      }
      .empty {
        padding: 10px var(--inset);
        color: var(--ink-faint);
        font-size: var(--text-small);
      }
      @container (max-width: 720px) {
        .columns {
          display: none;
        }
        .filter select {
          flex: 1 1 45%;
          max-width: none;
        }
        .filter output {
          flex: 1 1 100%;
          margin: 0;
        }
      }
    `,
  ];
  static override properties = { ...Panel.properties, filter: { state: true }, version: { state: true } };
  declare private filter: MessageFilter;
  /** Changes with what is read of the list. */
  declare private version: number;
  /** The job that the list is of. */
  private of: Graphs | null = null;
  private readonly list = new WindowList<MessageEntry>(
    async (from, limit) =>
      this.lab.session.look({ kind: "messages", filter: this.filter, from, limit }, "messages"),
    () => (this.version += 1),
  );

  constructor() {
    super();
    this.filter = {};
    this.version = 0;
  }

  /** Room for the essential of a message only. */
  private get isNarrow(): boolean {
    return this.clientWidth < NARROW_PIXELS;
  }

  protected readonly topics: readonly Topic[] = ["moment", "run", "choice"];

  override connectedCallback(): void {
    super.connectedCallback();
    this.told();
  }

  protected override told(): void {
    const graphs = this.lab.session.run?.graphs ?? null;
    if (graphs === this.of) {
      this.list.refresh();
    } else {
      this.of = graphs;
      // Its channels and TaskManagers may not be those of the run before.
      this.filter = this.filter.kind === undefined ? {} : { kind: this.filter.kind };
      this.list.restart();
    }
    this.requestUpdate();
  }

  override render(): TemplateResult {
    const { topology } = this.lab.session;
    const { list } = this;
    if (topology === null) return html`<p class="empty">No job runs.</p>`;
    return html`
      ${this.renderFilter(topology)}
      ${list.total === 0 ? html`<p class="empty">${this.whyEmpty(topology)}</p>` : renderColumns()}
      <weir-rows
        ?hidden=${list.total === 0}
        follow
        label="Messages between TaskManagers; Enter goes to the moment of one and keeps its channel"
        .length=${list.total}
        .version=${this.version}
        .row=${(index: number) => renderEntry(topology, list.at(index), this.isNarrow)}
        .shown=${(first: number, last: number, atEnd: boolean) => list.show(first, last, atEnd)}
        @pick=${(event: CustomEvent<number>) => void this.pick(event.detail)}
      ></weir-rows>
    `;
  }

  private renderFilter(topology: Topology): TemplateResult {
    const { filter } = this;
    const remote = topology.channels.flatMap(({ remote }, place) => (remote ? [place] : []));
    const kept = this.lab.choices.selected?.kind === "channel" ? this.lab.choices.selected.channel : null;
    const channels =
      remote.length <= CHANNELS_MAX
        ? remote
        : remote.filter((place) => place === filter.channel || place === kept);
    const option = (value: number, chosen: number | undefined, title: string): TemplateResult =>
      html`<option value=${value} ?selected=${value === chosen}>${title}</option>`;
    return html`
      <div class="filter" role="group" aria-label="Which messages">
        <select aria-label="Kind" data-test="message-kind" @change=${this.onKind}>
          <option value="" ?selected=${filter.kind === undefined}>all kinds</option>
          ${KINDS.map((kind) => html`<option ?selected=${kind === filter.kind}>${kind}</option>`)}
        </select>
        <select aria-label="Channel" data-test="message-channel" @change=${this.onChannel}>
          <option value="" ?selected=${filter.channel === undefined}>
            ${channels.length < remote.length ? "all channels (keep one to choose it)" : "all channels"}
          </option>
          ${channels.map((place) => option(place, filter.channel, channelName(topology, place)))}
        </select>
        <select aria-label="TaskManager" data-test="message-manager" @change=${this.onManager}>
          <option value="" ?selected=${filter.taskManager === undefined}>all TaskManagers</option>
          ${topology.taskManagers.map(({ id, name }) => option(id, filter.taskManager, name))}
        </select>
        ${
          kept !== null && kept !== filter.channel && remote.includes(kept)
            ? html`<button class="link" @click=${() => this.choose("channel", kept)}>
                only the kept channel
              </button>`
            : nothing
        }
        <output>${counted(this.list.total, "message")}</output>
      </div>
    `;
  }

  private whyEmpty(topology: Topology): string {
    if (!topology.channels.some(({ remote }) => remote))
      return "Every channel of this job is local: what it carries crosses no connection. Give the cluster more TaskManagers.";
    return Object.keys(this.filter).length > 0
      ? "No such message was sent yet."
      : "No message was sent yet: tasks ask for their partitions when they are deployed.";
  }

  private async pick(index: number): Promise<void> {
    // Keys may be ahead of what is read.
    const entry = await this.list.entry(index);
    if (entry === undefined) return;
    this.lab.actions.select({ kind: "channel", channel: entry.channel });
    // Between two ticks stands what the one before has done.
    if (!entry.onTheWay) void this.lab.session.seek(entry.arrivedAt + 1);
  }

  /** Sets one condition; undefined: it does not matter any more. */
  private choose<K extends keyof MessageFilter>(condition: K, value: MessageFilter[K] | undefined): void {
    const others = Object.entries(this.filter).filter(([name]) => name !== condition);
    this.filter = Object.fromEntries(value === undefined ? others : [...others, [condition, value]]);
    this.list.restart();
  }

  private readonly onKind = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    this.choose("kind", value === "" ? undefined : value);
  };

  private readonly onChannel = (event: Event): void => {
    this.choose("channel", numberOf(event));
  };

  private readonly onManager = (event: Event): void => {
    this.choose("taskManager", numberOf(event));
  };
}

function numberOf(event: Event): number | undefined {
  const { value } = event.target as HTMLSelectElement;
  return value === "" ? undefined : Number(value);
}

function channelName(topology: Topology, place: number): string {
  const channel = topology.channels[place];
  const name = (task: number | undefined): string =>
    task === undefined ? "?" : (topology.tasks[task]?.name ?? `task ${task}`);
  return `${name(channel?.from)} → ${name(channel?.to)}`;
}

function managerName(topology: Topology, id: number): string {
  return topology.taskManagers.find((known) => known.id === id)?.name ?? `TaskManager ${id}`;
}

/** `TM 1`, padded to the longest of them. */
function managerShort(topology: Topology, id: number): string {
  const letters = `TM ${topology.taskManagers.length}`.length;
  return managerName(topology, id).replace("TaskManager", "TM").padEnd(letters);
}

function renderColumns(): TemplateResult {
  return html`<div class="columns" aria-hidden="true">
    <span>${"sent".padStart(8)}</span><span>${"arrived".padStart(8)}</span
    ><span>${"message".padEnd(KIND_LETTERS)}</span><span>from → to </span
    ><span>${"contents".padEnd(CONTENT_LETTERS)}</span><span>channel</span>
  </div>`;
}

function renderEntry(topology: Topology, entry: MessageEntry | undefined, isNarrow: boolean): TemplateResult {
  if (entry === undefined) return html`<span class="soft">…</span>`;
  const arrived = entry.onTheWay ? `(${count(entry.arrivedAt)})` : count(entry.arrivedAt);
  const when = entry.onTheWay ? "on its way, to arrive at tick" : "arrived at tick";
  const tone = entry.onTheWay ? "soft" : "";
  const way = `${managerShort(topology, entry.from)} → ${managerShort(topology, entry.to)}`;
  const channel = channelName(topology, entry.channel);
  if (isNarrow) {
    return html`
      <span class=${tone} title="${when} ${entry.arrivedAt}">${arrived.padStart(6)}</span>
      <span>${entry.kind}</span><span>${entry.contents}</span><span class="soft">${way}, ${channel}</span>
    `;
  }
  return html`
    <span class="soft" title="sent at tick ${entry.sentAt}">${count(entry.sentAt).padStart(8)}</span>
    <span class=${tone} title="${when} ${entry.arrivedAt}">${arrived.padStart(8)}</span>
    <span>${entry.kind.padEnd(KIND_LETTERS)}</span>
    <span class="soft">${way}</span>
    <span>${entry.contents.padEnd(CONTENT_LETTERS)}</span>
    <span class="soft">${channel}</span>
  `;
}

define("weir-messages", Messages);

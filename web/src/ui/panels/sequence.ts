/**
 * The sequence view: who said what to whom, drawn from the trace, under the phases of a job. The line across it is
 * the moment that is shown; a click on an arrow goes to its own.
 */
import { css, html, type PropertyValues, type TemplateResult } from "lit";
import { DARK_THEME, LIGHT_THEME, measureWith, paintCanvas, toSvg } from "../../draw";
import { DisplayList } from "../../draw/display-list";
import { drawSequence, HEAD_PIXELS, laneMiddle, sequenceSize } from "../../draw/sequence-picture";
import {
  ALL,
  cursorRow,
  MESSAGE_KINDS,
  kindOf,
  noteText,
  sequence,
  toMermaid,
  type MessageKind,
  type Sequence,
  type SequenceFilter,
  type SequenceRow,
} from "../../model/sequence";
import { Heartbeats } from "../../model/heartbeats";
import { phaseTitle } from "../../model/phases";
import type { TraceEntry } from "../../engine/protocol";
import { TextRuler } from "../../model/text-ruler";
import { download } from "../download";
import { frameLoop, type FrameMember } from "../frame-loop";
import { FeedPanel } from "../feed-panel";
import { define } from "../panel";
import type { Session } from "../session";
import { base } from "../theme";
import { TraceFeed } from "../trace-feed";
import { viewStyles } from "../view-styles";
import { count, counted } from "../words";

/** Heights of a line in CSS pixels, from the densest to the widest. */
const ROW_PIXELS = [17, 22, 30] as const;
/** The widest an exported drawing becomes without need. */
const EXPORT_PIXELS = 1100;

export class SequenceView extends FeedPanel<TraceFeed> implements FrameMember {
  static override styles = [
    base,
    viewStyles,
    css`
      .head select {
        max-width: 26ch;
      }
      .head input[type="search"] {
        width: 16ch;
      }
      .kinds {
        position: relative;
      }
      .kinds > div {
        position: absolute;
        z-index: 2;
        inset-block-start: 100%;
        inset-inline-start: 0;
        padding: 6px 10px;
        border: 1px solid var(--line);
        border-radius: 6px;
        background: var(--panel);
        white-space: nowrap;
      }
      .head label {
        display: flex;
        gap: 4px;
        align-items: center;
      }
      .head .end {
        display: flex;
        gap: 10px;
        margin-inline-start: auto;
      }
      .scroll {
        position: relative;
        flex: 1;
        min-height: 90px;
        overflow: auto;
        overscroll-behavior: contain;
        cursor: pointer;
      }
      .scroll:focus-visible {
        outline-offset: -2px;
      }
      canvas {
        position: sticky;
        display: block;
        inset-block-start: 0;
        inset-inline-start: 0;
      }
    `,
  ];
  static override properties = {
    ...FeedPanel.properties,
    filter: { state: true },
    heartbeats: { state: true },
    zoom: { state: true },
    active: { state: true },
  };
  declare private filter: SequenceFilter;
  /** Whether they are shown among what was said. */
  declare private heartbeats: boolean;
  declare private zoom: number;
  /** The line that is pointed at; -1: none. */
  declare private active: number;

  private drawn: Sequence = { lanes: [], rows: [] };
  private of: readonly unknown[] = [];
  /** The reader scrolled away from the cursor. */
  private isAway = false;
  private ruler: TextRuler | null = null;
  private readonly list = new DisplayList();
  private size = { width: 0, height: 0, left: 0, top: 0, ratio: 1 };
  private readonly sizes = new ResizeObserver(() => frameLoop.request(this));

  constructor() {
    super();
    this.filter = ALL;
    this.heartbeats = false;
    this.zoom = 1;
    this.active = -1;
  }

  protected open(session: Session, changed: () => void): TraceFeed {
    return new TraceFeed(session, changed);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    frameLoop.forget(this);
  }

  protected override willUpdate(changed: PropertyValues): void {
    const { feed } = this;
    if (feed === null) return;
    const isOther = this.of !== feed.entries || changed.has("filter") || changed.has("heartbeats");
    if (!isOther) return;
    this.of = feed.entries;
    this.drawn = sequence(this.entries, this.filter);
    this.active = Math.min(this.active, this.drawn.rows.length - 1);
  }

  override render(): TemplateResult {
    const { feed } = this;
    if (feed === null || feed.entries.length === 0) {
      return html`<p class="empty">
        No message was sent yet. The first ones are those of the TaskManagers that register.
      </p>`;
    }
    const size = this.ground(this.size.width);
    return html`${this.renderHead()}
      <div
        class="scroll"
        tabindex="0"
        role="listbox"
        aria-label="Messages between processes; Enter goes to the moment of one"
        aria-describedby="words"
        data-test="sequence"
        @scroll=${this.onScroll}
        @pointermove=${this.onPointer}
        @pointerleave=${this.onLeave}
        @click=${this.onClick}
        @keydown=${this.onKey}
      >
        <div style="width:${size.width}px;height:${size.height}px">
          <canvas aria-hidden="true"></canvas>
        </div>
      </div>
      <p id="words" class="words" aria-live="polite" data-test="sequence-words">${this.inWords()}</p>`;
  }

  private get entries(): readonly TraceEntry[] {
    const all = this.feed?.entries ?? [];
    return this.heartbeats ? new Heartbeats(all, all.at(-1)?.tick ?? 0).among() : all;
  }

  /** Which kinds of messages are shown. */
  private renderKinds(): TemplateResult {
    const { without } = this.filter;
    const there = new Set(this.feed?.entries.filter(({ kind }) => kind === "rpc").map(kindOf));
    const kinds = MESSAGE_KINDS.filter((kind) => there.has(kind));
    const shown = kinds.filter((kind) => !without.has(kind)).length;
    return html`<details class="kinds" @keydown=${this.onKindsKey}>
      <summary data-test="sequence-kinds">
        ${shown === kinds.length ? "all kinds" : `${shown} of ${kinds.length} kinds`}
      </summary>
      <div>
        ${kinds.map(
          (kind) =>
            html`<label
              ><input
                type="checkbox"
                .checked=${!without.has(kind)}
                @change=${() => this.onKind(kind)}
              />${kind}</label
            >`,
        )}
        <label
          ><input
            type="checkbox"
            data-test="sequence-notes"
            .checked=${this.filter.notes}
            @change=${this.onNotes}
          />changes of state</label
        >
        <label
          ><input
            type="checkbox"
            data-test="sequence-heartbeats"
            .checked=${this.heartbeats}
            @change=${this.onHeartbeats}
          />heartbeats</label
        >
      </div>
    </details>`;
  }

  private renderHead(): TemplateResult {
    const { drawn, filter } = this;
    const phases = drawn.rows.flatMap((row, place) => (row.kind === "phase" ? [{ row, place }] : []));
    return html`<div class="head">
      <select aria-label="Go to a phase" data-test="sequence-phase" @change=${this.onPhase}>
        <option value="" selected>go to a phase</option>
        ${phases.map(
          ({ row, place }) =>
            html`<option value=${place}>${phaseTitle(row.phase)}, tick ${count(row.entry.tick)}</option>`,
        )}
      </select>
      <select aria-label="Participant" data-test="sequence-participant" @change=${this.onParticipant}>
        <option value="" ?selected=${filter.participant === null}>all participants</option>
        ${drawn.lanes.map((lane) => html`<option .value=${lane} ?selected=${lane === filter.participant}>${lane}</option>`)}
      </select>
      <input
        type="search"
        placeholder="find"
        aria-label="Only messages that contain"
        data-test="sequence-find"
        .value=${filter.text}
        @input=${this.onFind}
      />
      ${this.renderKinds()}
      <span class="end">
        <button
          class="link"
          aria-label="Denser lines"
          ?disabled=${this.zoom === 0}
          @click=${() => this.onZoom(-1)}
        >
          −
        </button>
        <button
          class="link"
          aria-label="Wider lines"
          ?disabled=${this.zoom === ROW_PIXELS.length - 1}
          @click=${() => this.onZoom(1)}
        >
          +
        </button>
        <button class="link" data-test="sequence-svg" @click=${this.onSvg}>SVG</button>
        <button class="link" data-test="sequence-mermaid" @click=${this.onMermaid}>Mermaid</button>
      </span>
    </div>`;
  }

  private inWords(): string {
    const { feed, drawn } = this;
    const row = drawn.rows[this.active];
    if (row !== undefined) return rowInWords(row, drawn);
    if (drawn.rows.length === 0) return "No message fits.";
    const missing = feed?.missing ?? 0;
    const older = missing > 0 ? ` ${counted(missing, "older entry is", "older entries are")} not drawn.` : "";
    const messages = drawn.rows.filter(({ kind }) => kind === "message").length;
    return `${counted(messages, "message")} between ${counted(drawn.lanes.length, "process", "processes")}.${older}`;
  }

  protected override updated(): void {
    frameLoop.request(this);
  }

  read(): void {
    const scroll = this.scroller;
    this.size = {
      width: scroll?.clientWidth ?? 0,
      height: scroll?.clientHeight ?? 0,
      left: scroll?.scrollLeft ?? 0,
      top: scroll?.scrollTop ?? 0,
      ratio: devicePixelRatio,
    };
  }

  write(): void {
    const canvas = this.renderRoot.querySelector("canvas");
    const context = canvas?.getContext("2d") ?? null;
    const scroll = this.scroller;
    if (canvas === null || context === null || scroll === null) return;
    const { width, height, ratio } = this.size;
    this.place(scroll, canvas);
    const cursor = this.cursor;
    if (!this.isAway) this.follow(scroll, cursor);
    this.ruler ??= new TextRuler(measureWith(context));
    const { left, top } = this.size;
    drawSequence(this.list, this.ruler, this.drawn, {
      width,
      height,
      left,
      top,
      row: this.row,
      active: this.active,
      cursor,
    });
    paintCanvas(context, this.list, this.lab.dark ? DARK_THEME : LIGHT_THEME, ratio);
  }

  /** The size of all lines, with room to scroll by whole ones to the last. */
  private ground(width: number): { readonly width: number; readonly height: number } {
    const all = sequenceSize(this.drawn, width, this.row);
    return { width: all.width, height: all.height + this.row };
  }

  /** The canvas is as large as what is in sight, and what it lies on as large as all of it. */
  private place(scroll: HTMLElement, canvas: HTMLCanvasElement): void {
    const { width, height, ratio } = this.size;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const all = this.ground(width);
    const ground = scroll.firstElementChild as HTMLElement;
    ground.style.width = `${all.width}px`;
    ground.style.height = `${all.height}px`;
  }

  /** Keeps the moment that is shown in sight, and where little room is, the lanes of its last message. */
  private follow(scroll: HTMLElement, cursor: number): void {
    const { height, width, top, left } = this.size;
    const y = cursor * this.row;
    const room = height - HEAD_PIXELS;
    const isSeen = y >= top + this.row && y <= top + room - this.row;
    // By whole lines: none is cut by the lanes' names.
    const most = this.ground(width).height - height;
    if (!isSeen) scroll.scrollTop = Math.floor(Math.min(y - room + 3 * this.row, most) / this.row) * this.row;
    const last = this.drawn.rows
      .slice(Math.max(0, cursor - 8), cursor)
      .findLast((row) => row.kind === "message");
    if (last?.kind === "message") {
      const lane = Math.min(last.from, last.to);
      const x = laneMiddle(lane, this.drawn.lanes.length, width);
      if (x < left + 20 || x > left + width * 0.6) scroll.scrollLeft = x - 60;
    }
    this.size = { ...this.size, top: scroll.scrollTop, left: scroll.scrollLeft };
  }

  private get scroller(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(".scroll");
  }

  private get row(): number {
    return ROW_PIXELS[this.zoom] ?? ROW_PIXELS[1];
  }

  private get cursor(): number {
    return cursorRow(this.drawn.rows, this.feed?.total ?? 0);
  }

  private readonly onScroll = (): void => {
    const { scroller, size } = this;
    // What we scrolled ourselves is known already.
    if (scroller?.scrollTop !== size.top || scroller.scrollLeft !== size.left) this.isAway = true;
    frameLoop.request(this);
  };

  private placeAt(event: MouseEvent): number {
    const box = this.scroller?.getBoundingClientRect();
    const y = event.clientY - (box?.top ?? 0) - HEAD_PIXELS;
    const place = y < 0 ? -1 : Math.floor((y + this.size.top) / this.row);
    return place < this.drawn.rows.length ? place : -1;
  }

  private readonly onPointer = (event: PointerEvent): void => {
    this.active = this.placeAt(event);
  };

  private readonly onLeave = (): void => {
    this.active = -1;
  };

  private readonly onClick = (event: MouseEvent): void => {
    this.goTo(this.placeAt(event));
  };

  private goTo(place: number): void {
    const row = this.drawn.rows[place];
    if (row === undefined) return;
    this.isAway = true;
    void this.lab.session.seek(row.entry.tick + 1);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const last = this.drawn.rows.length - 1;
    const at = this.active < 0 ? this.cursor - 1 : this.active;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 10,
      PageUp: at - 10,
      Home: 0,
      End: last,
    };
    const wanted = moves[event.key];
    const zoom = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (zoom !== undefined) this.onZoom(zoom);
    else if (wanted !== undefined) this.pointAt(Math.max(0, Math.min(last, wanted)));
    else if (event.key === "Enter" && this.active >= 0) this.goTo(this.active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  /** Points at a line and brings it into sight. */
  private pointAt(place: number): void {
    this.active = place;
    this.isAway = true;
    const scroll = this.scroller;
    if (scroll === null) return;
    const y = place * this.row;
    const room = scroll.clientHeight - HEAD_PIXELS;
    if (y < scroll.scrollTop) scroll.scrollTop = y;
    else if (y + this.row > scroll.scrollTop + room) scroll.scrollTop = y + this.row - room;
  }

  private readonly onPhase = (event: Event): void => {
    const select = event.target as HTMLSelectElement;
    const { value } = select;
    select.value = "";
    if (value === "") return;
    this.pointAt(Number(value));
    const scroll = this.scroller;
    if (scroll !== null) scroll.scrollTop = Number(value) * this.row;
  };

  private readonly onParticipant = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    this.narrow({ participant: value === "" ? null : value });
  };

  private readonly onFind = (event: Event): void => {
    this.narrow({ text: (event.target as HTMLInputElement).value });
  };

  private readonly onNotes = (event: Event): void => {
    this.narrow({ notes: (event.target as HTMLInputElement).checked });
  };

  private readonly onHeartbeats = (): void => {
    this.heartbeats = !this.heartbeats;
    this.active = -1;
  };

  private onKind(kind: MessageKind): void {
    const without = new Set(this.filter.without);
    if (!without.delete(kind)) without.add(kind);
    this.narrow({ without });
  }

  /** Escape closes the list, and only that. */
  private readonly onKindsKey = (event: KeyboardEvent): void => {
    const details = event.currentTarget as HTMLDetailsElement;
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary")?.focus();
    event.stopPropagation();
  };

  private narrow(change: Partial<SequenceFilter>): void {
    this.filter = { ...this.filter, ...change };
    this.active = -1;
    this.isAway = false;
  }

  private onZoom(by: number): void {
    this.zoom = Math.max(0, Math.min(ROW_PIXELS.length - 1, this.zoom + by));
    this.isAway = false;
  }

  private readonly onSvg = (): void => {
    const { ruler, drawn } = this;
    if (ruler === null) return;
    const { width, height } = sequenceSize(
      drawn,
      Math.max(EXPORT_PIXELS, 160 * drawn.lanes.length),
      this.row,
    );
    const list = new DisplayList();
    const all = { left: 0, top: 0, active: -1, cursor: drawn.rows.length };
    drawSequence(list, ruler, drawn, { width, height, row: this.row, ...all });
    download(
      "sequence.svg",
      "image/svg+xml",
      toSvg(list, LIGHT_THEME, "Messages between the processes of a job"),
    );
  };

  private readonly onMermaid = (): void => {
    download("sequence.mmd", "text/plain", toMermaid(this.drawn));
  };
}

/** What became of a call that had no effect. */
const FATES: Readonly<Record<string, string>> = {
  lost: "lost: nobody is there who takes it",
  late: "late: who asked has given up",
  unknown: "unknown: whom it is for knows nothing of it",
  stale: "stale: it bears the token of a leader that is none any more",
};

function rowInWords(row: SequenceRow, { lanes }: Sequence): string {
  const tick = `Tick ${count(row.entry.tick)}`;
  if (row.kind === "phase") return `${tick}: ${row.phase === 0 ? "" : "phase "}${phaseTitle(row.phase)}.`;
  if (row.kind === "note") return `${tick}: ${noteText(row.entry)}.`;
  const { fate, sentAt, text } = row.entry;
  const became = fate === "" ? "" : ` It is ${FATES[fate] ?? fate}.`;
  return `${tick}: ${lanes[row.from] ?? ""} to ${lanes[row.to] ?? ""}, sent at ${count(sentAt)}: ${text}.${became}`;
}

define("weir-sequence", SequenceView);

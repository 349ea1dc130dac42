/**
 * The timeline: the ticks run so far, with lanes for what the job did, scrubbed by pointer, touch or keys.
 * The tabs beside it are lists of what happened; each is loaded when it is opened.
 */
import { css, html, type TemplateResult } from "lit";
import { DARK_THEME, LIGHT_THEME } from "../../draw";
import { base } from "../theme";
import { frameLoop, type FrameMember } from "../frame-loop";
import type { Lab } from "../lab-state";
import { define, Panel } from "../panel";
import type { Topic } from "../session";
import { tabStrip, tabStyles } from "../tab-strip";
import { LANES, paintTimeline } from "../timeline-paint";
import { tickAtX } from "../timeline-scale";
import { count, seconds } from "../words";

/** The tabs beside the lanes, and what they load. */
const LISTS = [
  {
    id: "event-time",
    title: "Event time",
    load: () => import("./event-time"),
    render: (lab: Lab) => html`<weir-event-time .lab=${lab}></weir-event-time>`,
  },
  {
    id: "sequence",
    title: "Sequence",
    load: () => import("./sequence"),
    render: (lab: Lab) => html`<weir-sequence .lab=${lab}></weir-sequence>`,
  },
  {
    id: "checkpoints",
    title: "Checkpoints",
    load: () => import("./checkpoints"),
    render: (lab: Lab) => html`<weir-checkpoints .lab=${lab}></weir-checkpoints>`,
  },
  {
    id: "failures",
    title: "Failures",
    load: () => import("./failures"),
    render: (lab: Lab) => html`<weir-failures .lab=${lab}></weir-failures>`,
  },
  {
    id: "messages",
    title: "Messages",
    load: () => import("./messages"),
    render: (lab: Lab) => html`<weir-messages .lab=${lab}></weir-messages>`,
  },
  {
    id: "trace",
    title: "Trace",
    load: () => import("./trace"),
    render: (lab: Lab) => html`<weir-trace .lab=${lab}></weir-trace>`,
  },
  {
    id: "faults",
    title: "Faults",
    load: () => import("./faults"),
    render: (lab: Lab) => html`<weir-faults .lab=${lab}></weir-faults>`,
  },
] as const;
type List = (typeof LISTS)[number];

/** A run shorter than this leaves room at the right. */
const EXTENT_MIN = 50;

export class Timeline extends Panel implements FrameMember {
  static override styles = [
    base,
    tabStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--panel);
        border-top: 1px solid var(--line);
      }
      .lanes {
        flex: 1;
        min-height: 0;
        display: grid;
        grid-template-columns: auto 1fr;
        padding: 4px var(--inset) 8px;
        gap: 0 12px;
      }
      .names {
        display: grid;
        grid-template-rows: repeat(${LANES.length}, 1fr) 16px;
        align-items: center;
        color: var(--ink-faint);
        font-size: var(--text-small);
        white-space: nowrap;
      }
      .scrub {
        position: relative;
        min-height: 64px;
        touch-action: none;
        cursor: col-resize;
      }
      canvas {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
      }
      .list {
        flex: 1;
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      .list > * {
        flex: 1;
        min-height: 0;
      }
      .list > p {
        padding: 10px var(--inset);
        color: var(--ink-faint);
        font-size: var(--text-small);
      }
    `,
  ];
  static override properties = { ...Panel.properties, tab: { state: true }, loaded: { state: true } };
  declare private tab: "timeline" | List["id"];
  /** The list whose code is here. */
  declare private loaded: List["id"] | null;
  private canvas: HTMLCanvasElement | null = null;
  private size = { width: 0, height: 0, ratio: 1 };
  private dragging = false;
  private readonly sizes = new ResizeObserver(() => frameLoop.request(this));

  constructor() {
    super();
    this.tab = "timeline";
    this.loaded = null;
  }

  protected readonly topics: readonly Topic[] = ["run", "moment", "choice"];

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    frameLoop.forget(this);
  }

  override render(): TemplateResult {
    return html`
      ${tabStrip({
        label: "Time",
        tabs: [{ id: "timeline", title: "Timeline" }, ...LISTS.map(({ id, title }) => ({ id, title }))],
        chosen: this.tab,
        choose: (id) => void this.choose(LISTS.find((list) => list.id === id) ?? null),
      })}
      ${this.tab === "timeline" ? this.renderLanes() : this.renderList(this.tab)}
    `;
  }

  private async choose(list: List | null): Promise<void> {
    this.tab = list?.id ?? "timeline";
    // A list needs more room than the lanes.
    this.toggleAttribute("tall", list !== null);
    await list?.load();
    // Whoever goes on meanwhile waits for another list's code, which may be here before this one's.
    if (list !== null && list.id === this.tab) this.loaded = list.id;
  }

  private renderList(id: List["id"]): TemplateResult {
    const list = LISTS.find((known) => known.id === id);
    return html`<div class="list">
      ${this.loaded === id && list !== undefined ? list.render(this.lab) : html`<p role="status">Loading …</p>`}
    </div>`;
  }

  private renderLanes(): TemplateResult {
    const { session } = this.lab;
    return html`
      <div class="lanes">
        <div class="names" aria-hidden="true">
          ${LANES.map((lane) => html`<span>${lane}</span>`)}<span></span>
        </div>
        <div
          class="scrub"
          role="slider"
          tabindex="0"
          aria-label="Tick; the ticks run so far"
          aria-valuemin="0"
          aria-valuemax=${session.furthestTick}
          aria-valuenow=${session.tick}
          aria-valuetext="tick ${count(session.tick)} of ${count(session.furthestTick)}, ${seconds(session.tick)}"
          @pointerdown=${this.onDown}
          @pointermove=${this.onMove}
          @pointerup=${this.onUp}
          @pointercancel=${this.onUp}
          @keydown=${this.onKey}
        >
          <canvas aria-hidden="true"></canvas>
        </div>
      </div>
    `;
  }

  protected override updated(): void {
    this.canvas = this.renderRoot.querySelector("canvas");
    if (this.canvas !== null) frameLoop.request(this);
  }

  read(): void {
    const box = this.canvas?.parentElement?.getBoundingClientRect();
    this.size = { width: box?.width ?? 0, height: box?.height ?? 0, ratio: devicePixelRatio };
  }

  write(): void {
    const context = this.canvas?.getContext("2d");
    if (this.canvas === null || context === null || context === undefined) return;
    const { width, height, ratio } = this.size;
    const wide = Math.round(width * ratio);
    const high = Math.round(height * ratio);
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { session } = this.lab;
    paintTimeline(context, {
      width,
      height,
      theme: this.lab.dark ? DARK_THEME : LIGHT_THEME,
      history: session.history,
      tick: session.tick,
      furthest: session.furthestTick,
      extent: this.extent,
    });
  }

  private get extent(): number {
    return Math.max(this.lab.session.furthestTick, EXTENT_MIN);
  }

  private readonly onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.dragging = true;
    this.scrub(event);
  };

  private readonly onMove = (event: PointerEvent): void => {
    if (this.dragging) this.scrub(event);
  };

  private readonly onUp = (): void => {
    this.dragging = false;
  };

  private scrub(event: PointerEvent): void {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const tick = tickAtX(event.clientX - box.left, box.width, this.extent);
    void this.lab.session.seek(Math.min(tick, this.lab.session.furthestTick));
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const { session } = this.lab;
    const page = Math.max(1, Math.round(this.extent / 20));
    const moves: Readonly<Record<string, number>> = {
      Home: 0,
      End: session.furthestTick,
      PageUp: Math.min(session.tick + page, session.furthestTick),
      PageDown: session.tick - page,
    };
    const tick = moves[event.key];
    if (tick === undefined) return;
    event.preventDefault();
    void session.seek(tick);
  };
}

define("weir-timeline", Timeline);

/** The picture: one canvas for the three graphs, its table twin, the legend, and the sentence in words. */
import { html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import {
  canRead,
  createScene,
  DARK_THEME,
  LIGHT_THEME,
  loadReading,
  measureWith,
  paintCanvas,
  sameItem,
  type Depth,
  type Item,
  type Overlay,
  type Scene,
} from "../../draw";
import { EXECUTION_STATES, Header } from "../../engine/frame";
import type { Graphs } from "../../engine/protocol";
import { base } from "../theme";
import { frameLoop, type FrameMember } from "../frame-loop";
import { define, Panel } from "../panel";
import { followGestures } from "../picture/gestures";
import { legendStyles, renderLegend, renderNetworkLegend } from "../picture/legend";
import { pictureStyles } from "../picture/styles";
import type { Topic, Wreck } from "../session";
import { itemOfPart } from "../sentence-part";
import { tabStrip, tabStyles } from "../tab-strip";

const DEPTHS: readonly { readonly id: Depth; readonly title: string }[] = [
  { id: "stream", title: "Stream" },
  { id: "job", title: "Job" },
  { id: "execution", title: "Execution" },
];

/** States of tasks from which nothing is to be recovered. */
const AT_REST: ReadonlySet<string> = new Set(["RUNNING", "FINISHED"]);
const ZOOM_STEP = 1.3;
const PAN_PIXELS = 60;
/** A buffer takes this long from place to place after a single step. */
const GLIDE_MILLIS = 180;

export class Picture extends Panel implements FrameMember {
  static override styles = [base, tabStyles, legendStyles, pictureStyles];
  static override properties = {
    ...Panel.properties,
    tip: { state: true },
    spoken: { state: true },
    zoom: { state: true },
    heartbeats: { state: true },
    processes: { state: true },
  };
  declare private tip: { readonly item: Item; readonly x: number; readonly y: number } | null;
  /** What the keys led to, for a screen reader. */
  declare private spoken: string;
  declare private zoom: number;
  /** Whether they are asked to be seen. */
  declare private heartbeats: boolean;
  /** The same; null: nobody has asked yet. */
  declare private processes: boolean | null;

  private readonly motion = matchMedia("(prefers-reduced-motion: reduce)");
  private readonly scene: Scene = createScene({ measure: createMeasure(), motion: "full" });
  private readonly sizes = new ResizeObserver(() => frameLoop.request(this));
  private canvas: HTMLCanvasElement | null = null;
  private size = { width: 0, height: 0, ratio: 1 };
  private endGestures: (() => void) | null = null;
  private graphs: Graphs | null = null;
  private frame: Uint32Array | null = null;
  private tick = 0;

  constructor() {
    super();
    this.tip = null;
    this.spoken = "";
    this.zoom = 1;
    this.heartbeats = false;
    this.processes = null;
  }

  protected readonly topics: readonly Topic[] = ["run", "moment", "choice"];

  override connectedCallback(): void {
    super.connectedCallback();
    this.motion.addEventListener("change", this.onMotion);
    this.onMotion();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.motion.removeEventListener("change", this.onMotion);
    this.sizes.disconnect();
    this.endGestures?.();
    this.endGestures = null;
    this.canvas = null;
    frameLoop.forget(this);
  }

  protected override told(): void {
    this.requestUpdate();
    this.wake();
  }

  override render(): TemplateResult {
    const { session, choices, dark } = this.lab;
    return html`
      ${this.renderHead()}
      ${
        this.showsProcesses && this.has("weir-processes", () => import("./processes"))
          ? html`<weir-processes .lab=${this.lab} .all=${this.processes === true}></weir-processes>`
          : nothing
      }
      ${
        this.heartbeats && this.has("weir-heartbeats", () => import("./heartbeats"))
          ? html`<weir-heartbeats .lab=${this.lab}></weir-heartbeats>`
          : nothing
      }
      <div class="stage">
        ${
          session.wreck !== null
            ? this.renderWreck(session.wreck)
            : choices.asTable
              ? this.renderTable()
              : this.renderCanvas()
        }
      </div>
      ${
        this.isRecovering
          ? html`<weir-failover .lab=${this.lab} .show=${this.showOver}></weir-failover>`
          : session.wreck === null && !choices.asTable
            ? renderLegend(dark ? DARK_THEME : LIGHT_THEME, "picture")
            : nothing
      }
      ${this.lab.options.views.has("sentence") ? this.renderSentence() : nothing}
    `;
  }

  /** The message at once, the report and the ways on when they are loaded: few readers ever see them. */
  private renderWreck(wreck: Wreck): TemplateResult {
    return this.has("weir-wreck", () => import("./wreck"))
      ? html`<weir-wreck .lab=${this.lab}></weir-wreck>`
      : html`<p role="alert">${wreck.error.message}</p>`;
  }

  /** The processes: asked to be seen, or where one of the JobManagers is not as it should be, or others stand by. */
  private get showsProcesses(): boolean {
    const jobManagers = this.lab.session.topology?.jobManagers ?? [];
    return this.processes ?? (jobManagers.length > 1 || /ed$/.test(jobManagers[0]?.role ?? ""));
  }

  /** Whether an element is here; else it is loaded. */
  private has(element: string, load: () => Promise<unknown>): boolean {
    const isHere = customElements.get(element) !== undefined;
    if (!isHere) void load().then(() => this.requestUpdate());
    return isHere;
  }

  /** Whether a part of the job that failed does not run again yet, and what tells of it is here. */
  private get isRecovering(): boolean {
    const { session } = this.lab;
    const { moment, topology, status } = session;
    if (moment === null || session.ended || (topology?.exceptions ?? []).length === 0) return false;
    const isOver = status === "RESTARTING" || status === "FAILING" ? false : this.allRun(moment.frame);
    return !isOver && this.has("weir-failover", () => import("./failover"));
  }

  private allRun(frame: Uint32Array): boolean {
    const states = frame.subarray(Header.length, Header.length + (frame[Header.taskCount] ?? 0));
    return states.every((state) => AT_REST.has(EXECUTION_STATES[state] ?? ""));
  }

  private readonly showOver = (overlay: Overlay | null): void => {
    this.scene.setOverlay(overlay);
    this.wake();
  };

  /** The words; what they name is a link that leads to it. */
  private renderSentence(): TemplateResult {
    const { session } = this.lab;
    const parts = session.moment?.sentence ?? [];
    return html`<p class="sentence" aria-live=${session.playing ? "off" : "polite"} data-test="sentence">
      ${parts.map((part) => {
        const item = itemOfPart(part);
        return item === null
          ? html`<span>${part.text}</span>`
          : html`<button class="link" @click=${() => this.goTo(item)}>${part.text}</button>`;
      })}
    </p>`;
  }

  /** Keeps a thing of the execution graph, and brings it into sight. */
  private goTo(item: Item): void {
    const { actions } = this.lab;
    actions.setDepth("execution");
    actions.select(item);
    this.moved(() => {
      this.feed(performance.now());
      this.scene.camera.reveal(item, performance.now());
    });
  }

  private renderHead(): TemplateResult {
    const { choices, actions } = this.lab;
    return html`
      <div class="head">
        ${tabStrip({
          label: "Depth of the picture",
          tabs: DEPTHS.map(({ id, title }) => ({ id, title, rest: " graph" })),
          chosen: choices.depth,
          choose: (id) => actions.setDepth(DEPTHS.find((depth) => depth.id === id)?.id ?? "execution"),
        })}
        <span class="tools">
          ${
            choices.asTable
              ? nothing
              : html`
                  <button
                    class="plain zoom"
                    title="Farther (−)"
                    aria-label="Farther"
                    @click=${() => this.zoomStep(1 / ZOOM_STEP)}
                  >
                    −
                  </button>
                  <button class="plain zoom percent" title="All of it (0)" @click=${() => this.fit()}>
                    ${Math.round(this.zoom * 100)} %
                  </button>
                  <button
                    class="plain zoom"
                    title="Nearer (+)"
                    aria-label="Nearer"
                    @click=${() => this.zoomStep(ZOOM_STEP)}
                  >
                    +
                  </button>
                `
          }
          <button
            class="plain"
            data-test="show-processes"
            aria-label="Processes"
            aria-pressed=${this.showsProcesses}
            title="JobManagers and TaskManagers, and what can be done to them"
            @click=${() => (this.processes = !this.showsProcesses)}
          >
            <span class="long">Processes</span><span class="short" aria-hidden="true">⚙</span>
          </button>
          <button
            class="plain"
            data-test="show-heartbeats"
            aria-label="Heartbeats"
            aria-pressed=${this.heartbeats}
            title="Heartbeats between the processes"
            @click=${() => (this.heartbeats = !this.heartbeats)}
          >
            ♥
          </button>
          <button
            class="plain"
            data-test="table"
            aria-pressed=${choices.asTable}
            title="The picture as a table"
            @click=${() => actions.setAsTable(!choices.asTable)}
          >
            Table
          </button>
        </span>
      </div>
    `;
  }

  private renderCanvas(): TemplateResult {
    const { session, choices } = this.lab;
    const depth = DEPTHS.find(({ id }) => id === choices.depth)?.title ?? "";
    return html`
      <canvas
        tabindex="0"
        role="application"
        aria-roledescription="picture"
        aria-label="${depth} graph. Arrow up and down go through it, Enter keeps a thing, Shift and arrow down goes into it."
        class=${this.lab.options.height === "full" ? "own" : ""}
        @keydown=${this.onKey}
        @blur=${() => this.hover(null)}
      ></canvas>
      <span class="unseen" role="status">${this.spoken}</span>
      ${
        this.scene.depth === "execution" && this.scene.camera.detail === "nearest"
          ? renderNetworkLegend(this.lab.dark ? DARK_THEME : LIGHT_THEME)
          : nothing
      }
      ${this.tip === null ? nothing : this.renderTip(this.tip)}
      ${
        session.waiting === null
          ? nothing
          : html`<p class="waiting" role="status">
              <span class="spin" aria-hidden="true"></span>Loading ${session.waiting} …
            </p>`
      }
      ${
        session.waiting === null && session.run === null
          ? html`<p class="empty">
              No job runs. Mend the one in the editor, or choose an example, and press Run.
            </p>`
          : nothing
      }
    `;
  }

  private renderTip({
    item,
    x,
    y,
  }: {
    readonly item: Item;
    readonly x: number;
    readonly y: number;
  }): TemplateResult {
    const { title, lines } = this.scene.describe(item);
    const right = x > this.size.width / 2;
    const below = y < this.size.height / 2;
    const offset = {
      "--x": `${right ? this.size.width - x : x}px`,
      "--y": `${below ? y : this.size.height - y}px`,
    };
    const place = `${right ? "right" : "left"} ${below ? "below" : "above"}`;
    return html`<div class="tip ${place}" aria-hidden="true" style=${styleMap(offset)}>
      <b>${title}</b>
      ${lines.slice(0, 2).map((line) => html`<span>${line}</span>`)}
    </div>`;
  }

  private renderTable(): TemplateResult {
    if (!canRead()) {
      this.whenRead(() => this.requestUpdate());
      return html`<p class="waiting" role="status">Loading the table …</p>`;
    }
    const table = this.scene.table();
    const { select } = this.lab.actions;
    return html`<div class="table" tabindex="0" role="region" aria-label=${table.caption}>
      <table data-test="twin">
        <caption>
          ${table.caption}
        </caption>
        <thead>
          <tr>
            ${table.columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${table.rows.map(
            ({ item, cells }) =>
              html`<tr aria-selected=${sameItem(item, this.lab.choices.selected)}>
                ${cells.map((cell, at) =>
                  at === 0
                    ? html`<th scope="row">
                        <button class="link" @click=${() => select(item)}>${cell}</button>
                      </th>`
                    : html`<td>${cell}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  protected override updated(): void {
    const canvas = this.renderRoot.querySelector("canvas");
    if (canvas !== this.canvas) this.adopt(canvas);
    this.wake();
  }

  read(): void {
    const box = this.canvas?.getBoundingClientRect();
    this.size = { width: box?.width ?? 0, height: box?.height ?? 0, ratio: devicePixelRatio };
  }

  write(now: number): void {
    this.feed(now);
    const context = this.canvas?.getContext("2d") ?? null;
    const { width, height, ratio } = this.size;
    if (this.canvas === null || context === null || width === 0 || height === 0) return;
    const wide = Math.round(width * ratio);
    const high = Math.round(height * ratio);
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
    this.scene.resize(width, height);
    paintCanvas(context, this.scene.draw(now), this.lab.dark ? DARK_THEME : LIGHT_THEME, ratio);
    this.zoom = this.scene.camera.scale;
    if (this.scene.isAnimating(now)) this.wake();
  }

  /** Gives the scene what changed since it was last fed. */
  private feed(now: number): void {
    const { session, choices } = this.lab;
    const graphs = session.run?.graphs ?? null;
    if (graphs !== this.graphs) {
      this.graphs = graphs;
      this.scene.setGraphs(graphs);
      this.scene.setSegmentBytes(session.run?.cluster.segmentBytes ?? 32_768);
    }
    if (session.moment !== null && session.moment.frame !== this.frame) {
      this.frame = session.moment.frame;
      this.scene.setTopology(session.topology);
      this.scene.setFrame(this.frame, now, this.glideTo(session.tick));
      this.tick = session.tick;
    }
    if (this.scene.depth !== choices.depth) this.scene.setDepth(choices.depth, now);
    this.scene.select(choices.selected);
    this.scene.hover(choices.hovered);
  }

  /** Milliseconds that buffers take to their new places: none where time leapt. */
  private glideTo(tick: number): number {
    const { session } = this.lab;
    if (Math.abs(tick - this.tick) > 1) return 0;
    if (!session.playing) return GLIDE_MILLIS;
    return session.speed === "max" ? 0 : Math.min(GLIDE_MILLIS * 2, 900 / session.speed);
  }

  private adopt(canvas: HTMLCanvasElement | null): void {
    this.endGestures?.();
    this.sizes.disconnect();
    this.canvas = canvas;
    this.endGestures = null;
    if (canvas === null) return;
    this.sizes.observe(canvas);
    const { camera } = this.scene;
    this.endGestures = followGestures(
      canvas,
      {
        pan: (dx, dy) => this.moved(() => camera.panBy(dx, dy)),
        zoom: (factor, x, y) => this.moved(() => camera.zoomBy(factor, x, y)),
        point: (at) => this.point(at),
        pick: (x, y) => this.lab.actions.select(this.scene.hit(x, y)),
      },
      () => this.lab.options.height === "full",
    );
  }

  private moved(move: () => void): void {
    move();
    this.tip = null;
    this.wake();
  }

  private point(at: { readonly x: number; readonly y: number } | null): void {
    const item = at === null ? null : this.scene.hit(at.x, at.y);
    this.tip = null;
    this.hover(item);
    if (at === null || item === null) return;
    this.whenRead(() => {
      if (sameItem(item, this.lab.choices.hovered)) this.tip = { item, ...at };
    });
  }

  private hover(item: Item | null): void {
    if (!sameItem(item, this.lab.choices.hovered)) this.lab.actions.hover(item);
  }

  private zoomStep(factor: number): void {
    this.moved(() => this.scene.camera.zoomStep(factor, performance.now()));
  }

  private fit(): void {
    this.moved(() => this.scene.camera.fit(performance.now()));
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey) return;
    if (!(event.altKey ? this.panByKey(event.key) : this.goByKey(event))) return;
    event.preventDefault();
  };

  private panByKey(key: string): boolean {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [PAN_PIXELS, 0],
      ArrowRight: [-PAN_PIXELS, 0],
      ArrowUp: [0, PAN_PIXELS],
      ArrowDown: [0, -PAN_PIXELS],
    };
    const move = moves[key];
    if (move !== undefined) this.moved(() => this.scene.camera.panBy(move[0], move[1]));
    return move !== undefined;
  }

  /** Acts as soon as the picture can be read: at once, but for the first moments of a page. */
  private whenRead(act: () => void): void {
    if (canRead()) act();
    else loadReading().then(act, () => undefined);
  }

  private goByKey(event: KeyboardEvent): boolean {
    const { hovered, selected } = this.lab.choices;
    const from = hovered ?? selected;
    switch (event.key) {
      case "ArrowDown":
        this.whenRead(() => this.speak(this.scene.neighbour(from, event.shiftKey ? "in" : "next")));
        return true;
      case "ArrowUp":
        this.whenRead(() => this.speak(this.scene.neighbour(from, event.shiftKey ? "out" : "previous")));
        return true;
      case "Enter":
        this.lab.actions.select(hovered);
        return hovered !== null;
      case "Escape":
        this.lab.actions.select(null);
        this.hover(null);
        return true;
      case "+":
      case "=":
        this.zoomStep(ZOOM_STEP);
        return true;
      case "-":
        this.zoomStep(1 / ZOOM_STEP);
        return true;
      case "0":
        this.fit();
        return true;
      default:
        return false;
    }
  }

  private speak(item: Item | null): void {
    if (item === null) return;
    this.hover(item);
    this.moved(() => this.scene.camera.reveal(item, performance.now()));
    const { title, lines } = this.scene.describe(item);
    this.spoken = [title, ...lines].join(". ");
  }

  private wake(): void {
    if (this.lab.onScreen && this.isConnected) frameLoop.request(this);
  }

  private readonly onMotion = (): void => {
    this.scene.setMotion(this.motion.matches ? "reduced" : "full");
  };
}

/** Measures texts on a canvas of its own, which is never shown. */
function createMeasure(): (text: string, font: string) => number {
  const context = document.createElement("canvas").getContext("2d");
  return context === null ? (text) => text.length * 7 : measureWith(context);
}

define("weir-picture", Picture);

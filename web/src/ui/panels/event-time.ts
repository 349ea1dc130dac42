/**
 * The event-time view: of one operator, event time against processing time, with the watermark, the records where
 * they fell and the windows that they filled. A table is its twin.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { DARK_THEME, LIGHT_THEME } from "../../draw";
import type { EventTime as Answer, Graphs, TimeLog } from "../../engine/protocol";
import { timeChart, timeText, type Fate, type TimeChart } from "../../model/event-time";
import { nearest, nextPoint } from "../event-time/hits";
import { paintChart, paintShape, type Pointed } from "../event-time/paint";
import { chartScale, type ChartScale } from "../event-time/scale";
import { eventTimeStyles } from "../event-time/styles";
import { chartInWords, FATE_WORDS, pointInWords, windowInWords } from "../event-time/words";
import { frameLoop, type FrameMember } from "../frame-loop";
import { define, Panel } from "../panel";
import type { Topic } from "../session";
import { base } from "../theme";
import { count, counted } from "../words";

/** The newest entries of the log, which are asked for and drawn. */
const ENTRIES_MAX = 4000;
const TABLE_ROWS_MAX = 200;
const LEGEND_PIXELS = 16;

type Operator = Answer["operators"][number];

export class EventTime extends Panel implements FrameMember {
  static override styles = [base, eventTimeStyles];
  static override properties = {
    ...Panel.properties,
    answer: { state: true },
    key: { state: true },
    asTable: { state: true },
    pointed: { state: true },
  };
  declare private answer: Answer | null;
  /** The one key that is drawn, as text; null: all. */
  declare private key: string | null;
  declare private asTable: boolean;
  declare private pointed: Pointed | null;
  private operator: Operator | null = null;
  /** The job that the chosen operator is of. */
  private of: Graphs | null = null;
  private asking = false;
  private stale = false;
  private chart: TimeChart | null = null;
  private scale: ChartScale | null = null;
  private size = { width: 0, height: 0, ratio: 1 };
  private readonly sizes = new ResizeObserver(() => frameLoop.request(this));

  constructor() {
    super();
    this.answer = null;
    this.key = null;
    this.asTable = false;
    this.pointed = null;
  }

  protected readonly topics: readonly Topic[] = ["moment", "run", "choice"];

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
    this.told();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    frameLoop.forget(this);
  }

  protected override told(): void {
    const graphs = this.lab.session.run?.graphs ?? null;
    if (graphs !== this.of) {
      this.of = graphs;
      this.operator = null;
      this.key = null;
    }
    void this.ask();
  }

  /** One question at a time; what changed meanwhile is asked again after it. */
  private async ask(): Promise<void> {
    this.stale = true;
    if (this.asking) return;
    this.asking = true;
    while (this.takeStale()) await this.askOnce();
    this.asking = false;
  }

  private takeStale(): boolean {
    const { stale } = this;
    this.stale = false;
    return stale;
  }

  private async askOnce(): Promise<void> {
    const { session, choices } = this.lab;
    if (session.topology === null) return;
    const operator = this.operator && { task: this.operator.task, place: this.operator.place };
    const answer = await session.look({ kind: "eventTime", operator, limit: ENTRIES_MAX }, "eventTime");
    if (answer === null) return;
    const kept = choices.selected?.kind === "task" ? choices.selected.task : null;
    const chosen = choose(answer.operators, this.operator, kept);
    const isOther = chosen?.task !== this.operator?.task || chosen?.place !== this.operator?.place;
    this.operator = chosen;
    if (isOther) this.stale = true;
    else this.answer = answer;
    if (chosen === null) this.answer = answer;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("answer") && !changed.has("key")) return;
    const log = this.answer?.log ?? null;
    this.chart = log === null ? null : timeChart(log, placeOfKey(log, this.key));
    this.pointed = null;
  }

  override render(): TemplateResult {
    const { answer, chart } = this;
    if (answer === null) return html`<p class="empty" role="status">Looking …</p>`;
    if (chart === null || answer.log === null) {
      return html`<p class="empty">
        No watermark has reached a keyed operator yet, and no record a window. The view begins with the first.
      </p>`;
    }
    return html`${this.renderHead(answer, answer.log)}
    ${this.asTable ? this.renderTable(chart, answer.log) : this.renderChart(chart, answer.log)}`;
  }

  private renderHead(answer: Answer, log: TimeLog): TemplateResult {
    const { operator } = this;
    return html`<div class="head">
      <select aria-label="Operator" data-test="event-time-operator" @change=${this.onOperator}>
        ${answer.operators.map(
          (one, at) =>
            html`<option value=${at} ?selected=${one.task === operator?.task && one.place === operator.place}>
              ${one.taskName}${operatorRest(one)}
            </option>`,
        )}
      </select>
      <select aria-label="Key" data-test="event-time-key" @change=${this.onKeyChoice}>
        <option value="" ?selected=${this.key === null}>all keys</option>
        ${log.keyTexts.map((text) => html`<option .value=${text} ?selected=${text === this.key}>${text}</option>`)}
      </select>
      ${this.asTable ? nothing : html`<canvas class="legend" aria-hidden="true"></canvas>`}
      <button class="link" data-test="event-time-table" @click=${this.onTable}>
        ${this.asTable ? "as a drawing" : "as a table"}
      </button>
    </div>`;
  }

  private renderChart(chart: TimeChart, log: TimeLog): TemplateResult {
    return html`
      <div
        class="chart"
        tabindex="0"
        role="img"
        aria-label="Event time against processing time"
        aria-describedby="words"
        data-test="event-time-chart"
        @pointermove=${this.onPointer}
        @pointerleave=${this.onLeave}
        @click=${this.onClick}
        @keydown=${this.onKey}
      >
        <canvas class="plot" aria-hidden="true"></canvas>
      </div>
      <p id="words" class="words" aria-live="polite" data-test="event-time-words">
        ${this.pointedInWords(chart, log) ?? chartInWords(chart)}
        ${log.skipped > 0 ? ` ${counted(log.skipped, "earlier entry", "earlier entries")} are not drawn.` : nothing}
      </p>
    `;
  }

  private pointedInWords(chart: TimeChart, log: TimeLog): string | null {
    const { pointed } = this;
    if (pointed === null) return null;
    if (pointed.kind === "point") {
      const point = chart.points[pointed.at];
      return point === undefined ? null : pointInWords(point, log.keyTexts[point.key] ?? "");
    }
    const window = chart.windows[pointed.at];
    if (window === undefined) return null;
    return windowInWords(window, window.key === null ? null : (log.keyTexts[window.key] ?? ""));
  }

  private renderTable(chart: TimeChart, log: TimeLog): TemplateResult {
    const windows = chart.windows.slice(-TABLE_ROWS_MAX).reverse();
    const points = chart.points.slice(-TABLE_ROWS_MAX).reverse();
    const key = (place: number): string => log.keyTexts[place] ?? "";
    return html`<div class="tables" data-test="event-time-tables" tabindex="0">
      <p>${chartInWords(chart)}</p>
      <table>
        <caption>
          Windows, the newest first
        </caption>
        <thead>
          <tr>
            <th>window</th>
            <th>key</th>
            <th class="num">records</th>
            <th class="num">fired at tick</th>
            <th class="num">over at tick</th>
          </tr>
        </thead>
        <tbody>
          ${windows.map(
            (window) =>
              html`<tr>
                <td class="mono">${timeText(window.start)} – ${timeText(window.end)}</td>
                <td class="mono">${window.key === null ? "all" : key(window.key)}</td>
                <td class="num">${count(window.added.length)}</td>
                <td class="num">${window.fired.map(count).join(", ") || "–"}</td>
                <td class="num">
                  ${window.over === null ? "–" : `${count(window.over)}${window.merged ? " (merged)" : ""}`}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
      <table>
        <caption>
          Records, the newest first
        </caption>
        <thead>
          <tr>
            <th class="num">tick</th>
            <th>event time</th>
            <th>key</th>
            <th>watermark</th>
            <th>became</th>
          </tr>
        </thead>
        <tbody>
          ${points.map(
            (point) =>
              html`<tr>
                <td class="num">${count(point.tick)}</td>
                <td class="mono">${Number.isFinite(point.time) ? timeText(point.time) : "none"}</td>
                <td class="mono">${key(point.key)}</td>
                <td class="mono">${timeText(point.watermark)}</td>
                <td>${FATE_WORDS[point.fate]}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  protected override updated(): void {
    frameLoop.request(this);
  }

  read(): void {
    const box = this.renderRoot.querySelector(".chart")?.getBoundingClientRect();
    this.size = { width: box?.width ?? 0, height: box?.height ?? 0, ratio: devicePixelRatio };
  }

  write(): void {
    const { chart, size } = this;
    if (chart === null || this.asTable) return;
    this.scale = chartScale(chart, this.lab.session.tick, size.width, size.height);
    const theme = this.lab.dark ? DARK_THEME : LIGHT_THEME;
    const plot = this.contextOf(".plot", size.width, size.height);
    if (plot !== null) paintChart(plot, chart, this.scale, theme, this.pointed);
    this.writeLegend();
  }

  private writeLegend(): void {
    const theme = this.lab.dark ? DARK_THEME : LIGHT_THEME;
    const context = this.contextOf(
      ".legend",
      Math.min(640, Math.max(0, this.size.width - 28)),
      2 * LEGEND_PIXELS,
    );
    if (context === null) return;
    const wide = Math.min(640, this.size.width - 28);
    context.clearRect(0, 0, wide, 2 * LEGEND_PIXELS);
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    let x = 0;
    let y = LEGEND_PIXELS / 2;
    const put = (text: string, sign: (x: number, y: number) => void): void => {
      const needs = 22 + context.measureText(text).width;
      if (x + needs > wide) [x, y] = [0, y + LEGEND_PIXELS];
      sign(x + 6, y);
      context.fillStyle = theme.textMuted;
      context.fillText(text, x + 16, y);
      x += needs + 8;
    };
    const stroke =
      (colour: string, dash: readonly number[]) =>
      (at: number, high: number): void => {
        context.strokeStyle = colour;
        context.lineWidth = 2;
        context.setLineDash([...dash]);
        context.beginPath();
        context.moveTo(at - 6, high);
        context.lineTo(at + 6, high);
        context.stroke();
        context.setLineDash([]);
      };
    put("watermark", stroke(theme.accent, []));
    put("newest timestamp", stroke(theme.textMuted, [3, 3]));
    put("window fires", stroke(theme.good, []));
    for (const [fate, text] of Object.entries(LEGEND_WORDS) as [Fate, string][])
      put(text, (at, high) => paintShape(context, fate, at, high, theme));
  }

  /** A canvas's context, with the canvas as large as it is shown. */
  private contextOf(name: string, width: number, height: number): CanvasRenderingContext2D | null {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>(name);
    const context = canvas?.getContext("2d") ?? null;
    if (canvas === null || context === null) return null;
    const { ratio } = this.size;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  private readonly onOperator = (event: Event): void => {
    const at = Number((event.target as HTMLSelectElement).value);
    this.operator = this.answer?.operators[at] ?? null;
    this.key = null;
    void this.ask();
  };

  private readonly onKeyChoice = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    this.key = value === "" ? null : value;
  };

  private readonly onTable = (): void => {
    this.asTable = !this.asTable;
  };

  private readonly onPointer = (event: PointerEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (this.chart === null || this.scale === null) return;
    this.pointed = nearest(this.chart, this.scale, event.clientX - box.left, event.clientY - box.top);
  };

  private readonly onLeave = (): void => {
    this.pointed = null;
  };

  /** A click goes to the moment under it: between two ticks stands what the one before has done. */
  private readonly onClick = (event: MouseEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (this.scale !== null) void this.lab.session.seek(this.scale.tickAt(event.clientX - box.left) + 1);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const { chart, pointed } = this;
    if (chart === null) return;
    const at = pointed?.kind === "point" ? pointed.at : null;
    const next = nextPoint(event.key, at, chart.points.length);
    if (next !== null) this.pointed = { kind: "point", at: next };
    else if (event.key === "Enter" && at !== null)
      void this.lab.session.seek((chart.points[at]?.tick ?? 0) + 1);
    else if (event.key === "Escape") this.pointed = null;
    else return;
    // The lab's own keys stay as they are: up and down are not among them.
    event.preventDefault();
    event.stopPropagation();
  };
}

const LEGEND_WORDS: Readonly<Record<Fate, string>> = {
  onTime: "on time",
  allowed: "late, allowed",
  toSide: "to the side",
  dropped: "dropped",
};

/** The operator's name, where it is not the head of its task, whose name says it already. */
function operatorRest({ name, taskName, place }: Operator): string {
  return place === 0 && taskName.startsWith(name) ? "" : `: ${name}`;
}

/** The operator that was chosen, if it is still there; else of the kept task; else the one with windows and the most to see. */
function choose(
  operators: readonly Operator[],
  before: Operator | null,
  kept: number | null,
): Operator | null {
  const same = operators.find((one) => one.task === before?.task && one.place === before.place);
  if (same !== undefined) return same;
  const of = operators.filter(({ task }) => task === kept);
  const pool = of.length > 0 ? of : operators;
  const weight = ({ windows, entries }: Operator): number => (windows ? 1e12 : 0) + entries;
  return pool.reduce<Operator | null>(
    (best, one) => (best === null || weight(one) > weight(best) ? one : best),
    null,
  );
}

function placeOfKey(log: TimeLog, key: string | null): number | null {
  const place = key === null ? -1 : log.keyTexts.indexOf(key);
  return place < 0 ? null : place;
}

define("weir-event-time", EventTime);

/**
 * The event-time view: of one operator, event time against processing time, with the watermark, the records where
 * they fell and the windows that they filled. A table is its twin.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { DARK_THEME, LIGHT_THEME } from "../../draw";
import type { EventTime as Answer, GivenCommand, Graphs, TimeLog } from "../../engine/protocol";
import {
  parseTime,
  timeChart,
  timeText,
  type Fate,
  type TimeChart,
  type TimePoint,
} from "../../model/event-time";
import { nearest, nextPoint } from "../event-time/hits";
import { moveInWords, nudged, timeAt, withMove, without, type Move } from "../event-time/move";
import { paintChart, paintShape, type Pointed } from "../event-time/paint";
import { chartScale, type ChartScale } from "../event-time/scale";
import { eventTimeStyles } from "../event-time/styles";
import { renderTables } from "../event-time/tables";
import { chartInWords, pointInWords, timerInWords, windowInWords } from "../event-time/words";
import { commandInWords } from "../faults";
import { frameLoop, type FrameMember } from "../frame-loop";
import { define, Panel } from "../panel";
import { Questions } from "../questions";
import type { Topic } from "../session";
import { base } from "../theme";
import { viewStyles } from "../view-styles";
import { count, counted } from "../words";

/** The newest entries of the log, which are asked for and drawn. */
const ENTRIES_MAX = 4000;
const LEGEND_PIXELS = 16;
const REPEATING = "Looking for where the record was given its time, and running again from there …";
/** So far a pointer goes before it moves what it holds. */
const DRAG_PIXELS = 4;

type Operator = Answer["operators"][number];

export class EventTime extends Panel implements FrameMember {
  static override styles = [base, viewStyles, eventTimeStyles];
  static override properties = {
    ...Panel.properties,
    answer: { state: true },
    key: { state: true },
    asTable: { state: true },
    pointed: { state: true },
    move: { state: true },
    said: { state: true },
    isRepeating: { state: true },
    asked: { state: true },
  };
  declare private answer: Answer | null;
  /** The one key that is drawn, as text; null: all. */
  declare private key: string | null;
  declare private asTable: boolean;
  declare private pointed: Pointed | null;
  /** The record that is held on its way to another time. */
  declare private move: Move | null;
  /** What the last move came to, until something else is pointed at. */
  declare private said: string | null;
  declare private isRepeating: boolean;
  /** In the table: the place of the record whose new time is asked for. */
  declare private asked: number | null;
  /** A record under a pointer that is down, and where it went down. */
  private grip: { readonly at: number; readonly y: number } | null = null;
  /** The pointer's release ended a move, and is no click. */
  private isReleased = false;
  private operator: Operator | null = null;
  /** The job that the chosen operator is of. */
  private of: Graphs | null = null;
  private readonly questions = new Questions(() => this.askOnce());
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
    this.move = null;
    this.said = null;
    this.isRepeating = false;
    this.asked = null;
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
    void this.questions.ask();
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
    if (isOther) void this.questions.ask();
    else this.answer = answer;
    if (chosen === null) this.answer = answer;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("answer") && !changed.has("key")) return;
    const log = this.answer?.log ?? null;
    this.chart = log === null ? null : timeChart(log, placeOfKey(log, this.key));
    // A record that was moved, or is, is still there and the same one.
    if (this.said === null && this.move === null) this.pointed = null;
  }

  override render(): TemplateResult {
    const { answer, chart } = this;
    if (answer === null) return html`<p class="empty" role="status">Looking …</p>`;
    if (chart === null || answer.log === null) {
      return html`<p class="empty">
        No watermark has reached a keyed operator yet, and no record a window. The view begins with the first:
        it draws windows, interval joins, and functions with event-time timers.
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
        class="chart ${this.pointed?.kind === "point" ? "grip" : ""}"
        tabindex="0"
        role="application"
        aria-roledescription="chart"
        aria-label="Event time against processing time"
        aria-describedby="words keys"
        data-test="event-time-chart"
        @pointerdown=${this.onGrip}
        @pointermove=${this.onPointer}
        @pointerup=${this.onRelease}
        @pointercancel=${this.onCancel}
        @pointerleave=${this.onLeave}
        @touchstart=${this.onTouch}
        @click=${this.onClick}
        @keydown=${this.onKey}
      >
        <canvas class="plot" aria-hidden="true"></canvas>
      </div>
      <p id="words" class="words" aria-live="polite" data-test="event-time-words">
        ${this.wordsNow(chart, log)}
        ${log.skipped > 0 ? ` ${counted(log.skipped, "other entry", "other entries")} are not drawn.` : nothing}
      </p>
      <p id="keys" class="keys">
        Drag a record up or down to another event time, and the job is run again from there. With keys: ↑ ↓
        choose, Enter goes to it, M takes it, ↑ ↓ move it, Enter lets it go, Escape puts it back.
      </p>
      ${this.renderMoves()}
    `;
  }

  /** The records that were moved, each to be taken back. */
  private renderMoves(): TemplateResult | typeof nothing {
    const { run, topology } = this.lab.session;
    const moves = (run?.commands ?? []).filter(({ command }) => command.kind === "setTimestamp");
    if (topology === null || moves.length === 0) return nothing;
    return html`<ul class="moves" aria-label="Records that were moved" data-test="event-time-moves">
      ${moves.map(
        (given) =>
          html`<li>
            ${commandInWords(given.command, topology)}
            <button class="link" ?disabled=${this.isRepeating} @click=${() => this.takeBack(given)}>
              take back
            </button>
          </li>`,
      )}
    </ul>`;
  }

  private wordsNow(chart: TimeChart, log: TimeLog): string {
    const { move } = this;
    if (this.isRepeating) return REPEATING;
    const point = move === null ? undefined : chart.points[move.at];
    if (move !== null && point !== undefined) return moveInWords(point, move.time);
    return this.said ?? this.pointedInWords(chart, log) ?? chartInWords(chart);
  }

  private pointedInWords(chart: TimeChart, log: TimeLog): string | null {
    const { pointed } = this;
    if (pointed === null) return null;
    if (pointed.kind === "point") {
      const point = chart.points[pointed.at];
      return point === undefined ? null : pointInWords(point, log.keyTexts[point.key] ?? "");
    }
    if (pointed.kind === "timer") {
      const timer = chart.timers[pointed.at];
      return timer === undefined ? null : timerInWords(timer, log.keyTexts[timer.key] ?? "");
    }
    const window = chart.windows[pointed.at];
    if (window === undefined) return null;
    return windowInWords(window, window.key === null ? null : (log.keyTexts[window.key] ?? ""));
  }

  private renderTable(chart: TimeChart, log: TimeLog): TemplateResult {
    return html`<div class="tables" data-test="event-time-tables" tabindex="0">
      <p role="status" data-test="event-time-said">
        ${this.isRepeating ? REPEATING : (this.said ?? chartInWords(chart))}
      </p>
      ${this.renderMoves()} ${renderTables(chart, log, (at, point) => this.renderAsk(at, point))}
    </div>`;
  }

  /** In the table, a record is moved by its new time. */
  private renderAsk(at: number, point: TimePoint): TemplateResult | typeof nothing {
    if (!Number.isFinite(point.time)) return nothing;
    if (this.asked !== at)
      return html`<button class="link" ?disabled=${this.isRepeating} @click=${() => this.askForTime(at)}>
        move<span class="unseen"> the record at ${timeText(point.time)}</span>
      </button>`;
    return html`<form @submit=${(event: Event) => this.onTimeGiven(event, at, point)}>
      <input name="time" aria-label="New event time" autocomplete="off" .value=${timeText(point.time)} />
      <button type="submit">Move</button>
    </form>`;
  }

  private askForTime(at: number): void {
    this.asked = at;
    void this.updateComplete.then(() => this.renderRoot.querySelector("input")?.select());
  }

  private onTimeGiven(event: Event, at: number, point: TimePoint): void {
    event.preventDefault();
    const text = new FormData(event.target as HTMLFormElement).get("time");
    const time = typeof text === "string" ? parseTime(text, point.time) : null;
    if (time === null) {
      this.said = "That is no time: write it as it stands in the table.";
      return;
    }
    this.asked = null;
    this.move = { at, time };
    void this.drop();
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
    if (plot !== null) paintChart(plot, chart, this.scale, theme, this.pointed, this.move);
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
    const { shows } = this.operator ?? {};
    if (shows === "windows") put("window fires", stroke(theme.good, []));
    if (shows === "timers") put("timer, fires at ◆", stroke(theme.good, []));
    if (shows === "intervals") put("what a record waits for", stroke(theme.bufferBorder, []));
    const fates = Object.entries(LEGEND_WORDS) as [Fate, string][];
    for (const [fate, text] of fates.filter(
      ([fate]) => fate === "onTime" || (this.chart?.fates[fate] ?? 0) > 0,
    ))
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
    void this.questions.ask();
  };

  private readonly onKeyChoice = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    this.key = value === "" ? null : value;
  };

  private readonly onTable = (): void => {
    this.asTable = !this.asTable;
  };

  private pointedBy(event: { currentTarget: unknown; clientX: number; clientY: number }): Pointed | null {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (this.chart === null || this.scale === null) return null;
    return nearest(this.chart, this.scale, event.clientX - box.left, event.clientY - box.top);
  }

  private readonly onGrip = (event: PointerEvent): void => {
    this.isReleased = false;
    const pointed = this.pointedBy(event);
    if (pointed?.kind !== "point" || event.button !== 0 || !this.canMove(pointed.at)) return;
    this.lab.session.pause();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.grip = { at: pointed.at, y: event.clientY };
  };

  private readonly onPointer = (event: PointerEvent): void => {
    const { grip, scale } = this;
    if (grip === null || scale === null) {
      const pointed = this.pointedBy(event);
      if (pointed !== null) this.said = null;
      this.pointed = pointed;
      return;
    }
    if (this.move === null && Math.abs(event.clientY - grip.y) < DRAG_PIXELS) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.said = null;
    this.pointed = { kind: "point", at: grip.at };
    this.move = { at: grip.at, time: timeAt(scale, event.clientY - box.top) };
  };

  private readonly onRelease = (): void => {
    this.isReleased = this.move !== null;
    this.grip = null;
    if (this.move !== null) void this.drop();
  };

  private readonly onCancel = (): void => {
    this.grip = null;
    this.move = null;
  };

  /** A finger on a record moves it, beside one it scrolls the page. */
  private readonly onTouch = {
    passive: false,
    handleEvent: (event: TouchEvent): void => {
      const [touch] = event.touches;
      if (touch === undefined) return;
      const { currentTarget } = event;
      const pointed = this.pointedBy({ currentTarget, clientX: touch.clientX, clientY: touch.clientY });
      if (pointed?.kind === "point") event.preventDefault();
    },
  };

  private readonly onLeave = (): void => {
    if (this.grip === null && this.move === null) this.pointed = null;
  };

  private canMove(at: number): boolean {
    return !this.isRepeating && Number.isFinite(this.chart?.points[at]?.time);
  }

  /** Lets the record that is held go where it is: the run is repeated with it there. */
  private async drop(): Promise<void> {
    const { move, operator } = this;
    const { session } = this.lab;
    const point = move === null ? undefined : this.chart?.points[move.at];
    if (move === null || point === undefined || operator === null || session.run === null) return;
    this.isRepeating = true;
    const place = { task: operator.task, place: operator.place };
    const answer = await session.look({ kind: "originOf", operator: place, entry: point.entry }, "origin");
    const origin = answer?.origin ?? null;
    if (origin === null) {
      this.said = "This record cannot be moved: it was given its time too long ago, or by no assigner.";
    } else {
      const { from, commands } = withMove(session.run.commands, origin, move.time);
      await session.amend(from, commands);
      this.said = `Moved from ${timeText(point.time)} to ${timeText(move.time)}. The run was repeated from tick ${count(from)} on.`;
    }
    this.isRepeating = false;
    this.move = null;
  }

  private takeBack(given: GivenCommand): void {
    const { session } = this.lab;
    if (session.run === null || this.isRepeating) return;
    const { from, commands } = without(session.run.commands, given);
    this.isRepeating = true;
    void session.amend(from, commands).then(() => {
      this.isRepeating = false;
      this.said = `Taken back. The run was repeated from tick ${count(from)} on.`;
    });
  }

  /** A click goes to the moment under it: between two ticks stands what the one before has done. */
  private readonly onClick = (event: MouseEvent): void => {
    if (this.isReleased) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (this.scale !== null) void this.lab.session.seek(this.scale.tickAt(event.clientX - box.left) + 1);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const { chart, pointed } = this;
    if (chart === null) return;
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.takeLastBack();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (this.move === null ? !this.onChoosingKey(event, chart, pointed) : !this.onMovingKey(event))
      return;
    // The lab's own keys stay as they are: up and down are not among them.
    event.preventDefault();
    event.stopPropagation();
  };

  private onChoosingKey({ key }: KeyboardEvent, chart: TimeChart, pointed: Pointed | null): boolean {
    const at = pointed?.kind === "point" ? pointed.at : null;
    const next = nextPoint(key, at, chart.points.length);
    this.said = null;
    if (next !== null) this.pointed = { kind: "point", at: next };
    else if (key === "Enter" && at !== null) void this.lab.session.seek((chart.points[at]?.tick ?? 0) + 1);
    else if (key.toLowerCase() === "m" && at !== null && this.canMove(at)) {
      this.lab.session.pause();
      this.move = { at, time: chart.points[at]?.time ?? 0 };
    } else if (key === "Escape") this.pointed = null;
    else return false;
    return true;
  }

  private onMovingKey(event: KeyboardEvent): boolean {
    const { move, scale } = this;
    if (move === null || scale === null || this.isRepeating) return false;
    const time = nudged(move.time, event, scale);
    if (time !== null) this.move = { ...move, time };
    else if (event.key === "Enter") void this.drop();
    else if (event.key === "Escape") this.move = null;
    else return false;
    return true;
  }

  private takeLastBack(): void {
    const last = this.lab.session.run?.commands.findLast(({ command }) => command.kind === "setTimestamp");
    if (last !== undefined) this.takeBack(last);
  }
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
  const weight = ({ shows, entries }: Operator): number => (shows === "watermarks" ? 0 : 1e12) + entries;
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

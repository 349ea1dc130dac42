/**
 * Draws a sequence diagram: the heads of the lanes, lifelines, an arrow for each message with its text, notes,
 * titles of phases, and the cursor. Only the lines in sight are drawn.
 */
import { TextStyle, type TextRuler } from "../model/text-ruler";
import { phaseTitle } from "../model/phases";
import { noteText, type Sequence, type SequenceRow } from "../model/sequence";
import { Align, Dash, Shape, type DisplayList } from "./display-list";
import { Colour } from "./theme";

/** Height of the lanes' heads. */
export const HEAD_PIXELS = 26;
/** Room for the tick at the left. */
const GUTTER_PIXELS = 52;
const LANE_PIXELS_MIN = 104;
const LANE_PIXELS_MAX = 220;
const TEXT_SIZE = 11;
const HEAD_SIZE = 11.5;
const NOTE_INSET = 8;

/** What of the diagram is in sight, and how it is set. All lengths are CSS pixels. */
export interface SequenceView {
  readonly width: number;
  readonly height: number;
  /** How far it is scrolled. */
  readonly left: number;
  readonly top: number;
  /** Height of a line. */
  readonly row: number;
  /** The line that is pointed at; -1: none. */
  readonly active: number;
  /** The line before which the moment stands that is shown. */
  readonly cursor: number;
}

const NUMBER = / \d+$/;

/** Distance of the lanes where so much room is there. */
export function laneDistance(lanes: number, width: number): number {
  const fair = (width - GUTTER_PIXELS) / Math.max(1, lanes);
  return Math.max(LANE_PIXELS_MIN, Math.min(LANE_PIXELS_MAX, fair));
}

/** The middle of a lane where nothing is scrolled. */
export function laneMiddle(lane: number, lanes: number, width: number): number {
  return GUTTER_PIXELS + (lane + 0.5) * laneDistance(lanes, width);
}

/** The size of all of it. */
export function sequenceSize(
  { lanes, rows }: Sequence,
  width: number,
  row: number,
): { width: number; height: number } {
  const needed = GUTTER_PIXELS + lanes.length * laneDistance(lanes.length, width);
  return { width: Math.max(width, needed), height: HEAD_PIXELS + rows.length * row + row / 2 };
}

/** Draws what is in sight. */
export function drawSequence(
  list: DisplayList,
  ruler: TextRuler,
  sequence: Sequence,
  view: SequenceView,
): void {
  list.clear(view.width, view.height);
  list.rect(0, 0, view.width, view.height, 0, Colour.background, Colour.none);
  const drawing = new SequenceDrawing(list, ruler, sequence, view);
  drawing.lifelines();
  const first = Math.max(0, Math.floor(view.top / view.row) - 1);
  const last = Math.min(sequence.rows.length, Math.ceil((view.top + view.height) / view.row) + 1);
  for (let place = first; place < last; place += 1) drawing.line(place);
  drawing.cursor();
  drawing.heads();
}

class SequenceDrawing {
  private readonly list: DisplayList;
  private readonly ruler: TextRuler;
  private readonly sequence: Sequence;
  private readonly view: SequenceView;
  private readonly distance: number;

  constructor(list: DisplayList, ruler: TextRuler, sequence: Sequence, view: SequenceView) {
    this.list = list;
    this.ruler = ruler;
    this.sequence = sequence;
    this.view = view;
    this.distance = laneDistance(sequence.lanes.length, view.width);
  }

  lifelines(): void {
    const { list, view } = this;
    for (let lane = 0; lane < this.sequence.lanes.length; lane += 1) {
      list.line(this.x(lane), HEAD_PIXELS, this.x(lane), view.height, Colour.panelBorder, 1, Dash.dashed);
    }
  }

  heads(): void {
    const { list, ruler, view } = this;
    list.rect(0, 0, view.width, HEAD_PIXELS, 0, Colour.background, Colour.none);
    this.sequence.lanes.forEach((name, lane) => {
      // Its number tells a process from others of its kind.
      const end = NUMBER.exec(name)?.[0] ?? "";
      const head = name.slice(0, name.length - end.length);
      const text = ruler.fitWithEnd(head, end, HEAD_SIZE, TextStyle.strong, this.distance - 16);
      const width = ruler.width(text, HEAD_SIZE, TextStyle.strong) + 14;
      list.rect(this.x(lane) - width / 2, 3, width, HEAD_PIXELS - 7, 5, Colour.card, Colour.cardBorder);
      list.text(text, this.x(lane), 17, HEAD_SIZE, TextStyle.strong, Align.middle, Colour.text);
    });
  }

  line(place: number): void {
    const { list, view, sequence } = this;
    const row = sequence.rows[place];
    if (row === undefined) return;
    const y = this.y(place);
    list.opacity(place < view.cursor ? 1 : 0.4);
    if (place === view.active) list.rect(0, y, view.width, view.row, 0, Colour.operator, Colour.none);
    if (row.kind === "phase") this.phase(row, y);
    else {
      if (this.isNewTick(place)) this.tick(row.entry.tick, y);
      if (row.kind === "message") this.message(row, y);
      else this.note(row, y);
    }
    list.opacity(1);
  }

  cursor(): void {
    const { list, view } = this;
    const y = this.y(view.cursor);
    if (view.cursor >= this.sequence.rows.length || y < HEAD_PIXELS) return;
    list.line(0, y, view.width, y, Colour.accent, 1.5);
    list.shape(Shape.arrowRight, 5, y, 5, Colour.accent, Colour.none, 0);
  }

  /** The middle of a lane. */
  private x(lane: number): number {
    return laneMiddle(lane, this.sequence.lanes.length, this.view.width) - this.view.left;
  }

  /** The top of a line. */
  private y(place: number): number {
    return HEAD_PIXELS + place * this.view.row - this.view.top;
  }

  private isNewTick(place: number): boolean {
    const [row, before] = [this.sequence.rows[place], this.sequence.rows[place - 1]];
    return before?.kind === "phase" || before?.entry.tick !== row?.entry.tick;
  }

  private tick(tick: number, y: number): void {
    const { list, view } = this;
    const text = tick.toLocaleString("en");
    const x = GUTTER_PIXELS - 8 - view.left;
    list.text(text, x, this.baseline(y), TEXT_SIZE, TextStyle.mono, Align.right, Colour.textFaint);
  }

  private phase(row: Extract<SequenceRow, { kind: "phase" }>, y: number): void {
    const { list, view } = this;
    list.rect(0, y + 1, view.width, view.row - 2, 0, Colour.panel, Colour.none);
    list.text(
      phaseTitle(row.phase),
      12,
      this.baseline(y),
      TEXT_SIZE,
      TextStyle.strong,
      Align.left,
      Colour.text,
    );
  }

  private message(row: Extract<SequenceRow, { kind: "message" }>, y: number): void {
    const { list, ruler, view } = this;
    const [from, to] = [this.x(row.from), this.x(row.to)];
    const line = y + view.row - 5;
    const way = to < from ? -1 : 1;
    const { fate } = row.entry;
    // What has no effect ends before whom it is for, in a cross.
    const [colour, gap] = fate === "" ? [Colour.wireStrong, 3] : [Colour.bad, 10];
    list.line(from, line, to - way * gap, line, colour, 1.25, fate === "" ? Dash.solid : Dash.dashed);
    if (fate === "") {
      const head = way < 0 ? Shape.arrowLeft : Shape.arrowRight;
      list.shape(head, to - way * 4, line, 4, colour, colour, 1);
    } else {
      list.line(to - way * gap - 3, line - 3, to - way * gap + 3, line + 3, colour, 1.25);
      list.line(to - way * gap - 3, line + 3, to - way * gap + 3, line - 3, colour, 1.25);
    }
    const left = Math.min(from, to) + 7;
    const said = fate === "" ? row.entry.text : `${fate}: ${row.entry.text}`;
    const text = ruler.fit(said, TEXT_SIZE, TextStyle.regular, this.roomFrom(left));
    // The lifelines that a long text crosses do not strike it through.
    const width = ruler.width(text, TEXT_SIZE, TextStyle.regular);
    list.rect(left - 2, line - 14, width + 4, 12, 2, Colour.background, Colour.none);
    list.text(text, left, line - 4, TEXT_SIZE, TextStyle.regular, Align.left, Colour.text);
  }

  private note(row: Extract<SequenceRow, { kind: "note" }>, y: number): void {
    const { list, ruler, view } = this;
    const left = this.x(row.lane) + NOTE_INSET;
    const text = ruler.fit(noteText(row.entry), TEXT_SIZE, TextStyle.regular, this.roomFrom(left) - 12);
    const width = ruler.width(text, TEXT_SIZE, TextStyle.regular) + 12;
    const isBad = row.entry.kind === "fault" || /\b(FAILED|FAILING)$/.test(row.entry.text);
    const border = isBad ? Colour.bad : Colour.operatorBorder;
    list.shape(Shape.circle, this.x(row.lane), y + view.row / 2, 3, border, Colour.none, 0);
    list.rect(left, y + 2.5, width, view.row - 5, 4, Colour.operator, border);
    list.text(text, left + 6, this.baseline(y), TEXT_SIZE, TextStyle.regular, Align.left, Colour.text);
  }

  /** How far a text may reach that begins at `left`: to the right end of all of it. */
  private roomFrom(left: number): number {
    const all = GUTTER_PIXELS + this.sequence.lanes.length * this.distance;
    return Math.max(this.view.width, all) - this.view.left - left - 8;
  }

  private baseline(y: number): number {
    return y + this.view.row / 2 + 4;
  }
}

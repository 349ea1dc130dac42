/** Back-pressure in the picture: orange, and as its second sign chevrons against the stream: one LOW, two HIGH. */
import { numberAt } from "../model/at";
import { Level, levelName, levelOf } from "../model/back-pressure";
import { CURVE_LENGTH, curvePoint, type Flow } from "../model/geometry";
import { FontSize } from "../model/graph-layouts";
import { percentText } from "../model/numbers";
import { Align, Shape } from "./display-list";
import { TextStyle, type Pen } from "./pen";
import { Colour } from "./theme";

/** Where on a wire the chevrons are: near the sender, where the reader looks for what waits. */
const CHEVRONS_AT = 0.1;

/** How a wire under back-pressure is drawn. */
interface PressedLook {
  /** It is no thicker than this. */
  readonly thickMax?: number;
  /** Whether it has its chevrons. */
  readonly signed?: boolean;
  /** The way in which the stream leaves the sender. */
  readonly flow?: Flow;
}

/** Draws the curve in `pen.points` as one under back-pressure. */
export function drawPressed(pen: Pen, perMille: number, look: PressedLook): void {
  const { thickMax = Infinity, signed = true, flow = "across" } = look;
  const k = Math.min(1.4, Math.max(0.7, pen.scale));
  const level = levelOf(perMille);
  const thick = Math.min((level === Level.high ? 4 : 2.4) * k, thickMax);
  pen.list.curve(pen.points, 0, Colour.backPressure, thick);
  if (thick < 1.5 || !signed) return;
  const radius = 2.2 + thick * 0.9;
  const [axis, shape] = flow === "across" ? [0, Shape.chevronLeft] : [1, Shape.chevronUp];
  const length = Math.abs(numberAt(pen.points, CURVE_LENGTH - 2 + axis) - numberAt(pen.points, axis));
  // Beside the label at the box that a stream leaves downwards.
  const first = flow === "across" ? CHEVRONS_AT : CHEVRONS_AT * 2;
  for (let chevron = 0; chevron < level; chevron += 1) {
    const share = first + (chevron * radius * 1.6) / Math.max(60, length);
    const x = curvePoint(pen.points, 0, 0, share);
    const y = curvePoint(pen.points, 0, 1, share);
    pen.list.shape(shape, x, y, radius, Colour.none, Colour.background, 4);
    pen.list.shape(shape, x, y, radius, Colour.none, Colour.backPressure, 1.75);
  }
}

/** Width of a level's chevrons, with a space behind them, at a font size. */
function signWidth(level: number, size: number): number {
  return (level * 0.55 + 0.5) * size;
}

function levelText(perMille: number): string {
  return `${levelName(perMille)} ${percentText(perMille)}`;
}

/**
 * The level of a vertex as chevrons and words in a room of this size in CSS pixels. Returns the width that it took; 0
 * where there is no back-pressure, or no room.
 */
export function writeLevel(
  pen: Pen,
  perMille: number,
  x: number,
  y: number,
  width: number,
  height: number,
): number {
  const level = levelOf(perMille);
  const size = pen.fontSize(FontSize.small, height);
  if (level === Level.ok || size === 0) return 0;
  const sign = signWidth(level, size);
  const style = TextStyle.strong;
  const colour = Colour.backPressure;
  const whole = levelText(perMille);
  const text = pen.ruler.width(whole, size, style) <= width - sign ? whole : levelName(perMille);
  const written = pen.writeWhole(
    text,
    x + sign,
    y,
    width - sign,
    height,
    FontSize.small,
    style,
    Align.left,
    colour,
  );
  if (written === 0) return 0;
  for (let chevron = 0; chevron < level; chevron += 1) {
    const middle = x + (0.3 + chevron * 0.55) * size;
    pen.list.shape(Shape.chevronLeft, middle, y + height / 2, size * 0.32, Colour.none, colour, 1.5);
  }
  return sign + written;
}

/** The same in a label on a box' lower border, at its left: in the middle an edge may leave. */
export function drawLevelLabel(pen: Pen, perMille: number, x: number, bottom: number, width: number): void {
  const level = levelOf(perMille);
  const height = Math.min(20, Math.max(13, 16 * pen.scale));
  const size = pen.fontSize(FontSize.small, height);
  if (level === Level.ok || size === 0) return;
  const words = signWidth(level, size) + pen.ruler.width(levelText(perMille), size, TextStyle.strong);
  const inset = Math.min(10, width * 0.06);
  const room = Math.min(width - 2 * inset, words + 1.4 * size);
  const left = x + inset;
  const top = bottom - height / 2;
  pen.list.rect(left, top, room, height, height / 2, Colour.background, Colour.backPressure, 1.25);
  writeLevel(pen, perMille, left + 0.7 * size, top, room - 1.2 * size, height);
}

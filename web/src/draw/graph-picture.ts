/**
 * The StreamGraph, the JobGraph, and all between: `share` 0 is the one, 1 the other. An operator keeps its
 * box all the way; what changes is where it stands and that a frame grows around its chain.
 */
import { at, numberAt } from "../model/at";
import { blendRect, CURVE_LENGTH, curvePoint, lerp, type Box, type Rect } from "../model/geometry";
import { FontSize, LABEL_SIGN_WIDTH, streamEdgeLabel, VERTEX_HEADER_HEIGHT } from "../model/graph-layouts";
import { HitCode } from "../model/hits";
import { Align, Dash, Shape } from "./display-list";
import { TextStyle, type Pen } from "./pen";
import { isMarked, lateShare, type Drawing } from "./picture";
import { drawLevelLabel, drawPressed } from "./pressure-picture";
import { Colour } from "./theme";

const box: Box = { x: 0, y: 0, width: 0, height: 0 };
const labelBox: Box = { x: 0, y: 0, width: 0, height: 0 };

/** Draws the picture between the StreamGraph (0) and the JobGraph (1). */
export function drawGraphs(drawing: Drawing, share: number): void {
  const { pen, picture } = drawing;
  const { job } = picture;
  if (share > 0) {
    pen.list.opacity(share);
    for (let vertex = 0; vertex < job.vertices.length; vertex += 1) drawVertexFrame(drawing, vertex, share);
    pen.list.opacity(1);
  }
  for (let edge = 0; edge < job.streamEdges.length; edge += 1) drawEdge(drawing, edge, share);
  for (let node = 0; node < job.nodes.length; node += 1) drawNode(drawing, node, share);
  if (share === 1 && drawing.frame.present) drawLevels(drawing);
}

/** The back-pressure of the vertices, over the edges that leave them. */
function drawLevels({ pen, picture, pressure }: Drawing): void {
  for (let vertex = 0; vertex < picture.job.vertices.length; vertex += 1) {
    const rect = at(picture.jobLayout.boxes, vertex);
    const bottom = pen.y(rect.y + rect.height);
    drawLevelLabel(pen, pressure.ofVertex(vertex), pen.x(rect.x), bottom, rect.width * pen.scale);
  }
}

function drawVertexFrame(drawing: Drawing, vertex: number, share: number): void {
  const { pen, picture, hits } = drawing;
  blendRect(box, at(picture.hulls, vertex), at(picture.jobLayout.boxes, vertex), share);
  const x = pen.x(box.x);
  const y = pen.y(box.y);
  const width = box.width * pen.scale;
  const height = box.height * pen.scale;
  if (!pen.sees(x, y, width, height)) return;
  if (share === 1) hits.rect(HitCode.vertex, vertex, 0, 0, x, y, width, height);
  drawVertexCard(pen, x, y, width, height);
  pen.list.opacity(lateShare(share));
  drawVertexHeader(drawing, vertex, x, y, width);
  pen.list.opacity(share);
}

/** The white card of a vertex. */
function drawVertexCard(pen: Pen, x: number, y: number, width: number, height: number): void {
  const radius = 9 * Math.min(1.3, pen.scale);
  pen.list.rect(x - 0.5, y + 1.5, width + 1, height + 0.5, radius, Colour.cardShadow, Colour.none);
  pen.list.rect(x, y, width, height, radius, Colour.card, Colour.cardBorder, 1);
}

/** Name and parallelism of a vertex, in the strip at its top. */
export function drawVertexHeader(
  drawing: Drawing,
  vertex: number,
  x: number,
  y: number,
  width: number,
): void {
  const { pen, picture } = drawing;
  const { name, parallelism, slotSharingGroup } = at(picture.job.vertices, vertex);
  const left = x + 12 * pen.scale;
  const room = width - 24 * pen.scale;
  const height = VERTEX_HEADER_HEIGHT * pen.scale;
  const group = slotSharingGroup === "default" ? "" : ` · slots “${slotSharingGroup}”`;
  const text = `×${parallelism}${group}`;
  const end = Math.min(room * 0.6, pen.widthOf(text, FontSize.plain, TextStyle.regular, height));
  pen.write(
    text,
    left + room - end,
    y,
    end + 1,
    height,
    FontSize.plain,
    TextStyle.regular,
    Align.left,
    Colour.textMuted,
  );
  pen.write(name, left, y, room - end - 8, height, FontSize.name, TextStyle.strong, Align.left, Colour.text);
}

function drawNode(drawing: Drawing, place: number, share: number): void {
  const { pen, picture, hits } = drawing;
  const node = at(picture.job.nodes, place);
  blendRect(box, at(picture.stream.boxes, place), at(picture.jobLayout.nodes, place), share);
  const x = pen.x(box.x);
  const y = pen.y(box.y);
  const width = box.width * pen.scale;
  const height = box.height * pen.scale;
  if (!pen.sees(x, y, width, height)) return;
  hits.rect(HitCode.node, node.id, 0, 0, x, y, width, height);
  const metaHeight = 17 * pen.scale * (1 - share);
  drawOperatorBox(pen, x, y, width, height, "resting");
  const pad = 6 * pen.scale;
  const nameHeight = height - metaHeight - (1 - share) * 5 * pen.scale;
  const base = lerp(FontSize.name, FontSize.plain, share);
  const style = share < 0.5 ? TextStyle.strong : TextStyle.regular;
  pen.writeBlock(
    node.name,
    x + pad,
    y + (1 - share) * 2 * pen.scale,
    width - 2 * pad,
    nameHeight,
    base,
    style,
    Colour.text,
    3,
  );
  if (share >= 1) return;
  pen.list.opacity(1 - share);
  const top = y + height - metaHeight - 4 * pen.scale * (1 - share);
  pen.writeWhole(
    `×${node.parallelism}`,
    x + pad,
    top,
    width - 2 * pad,
    17 * pen.scale,
    FontSize.small,
    TextStyle.regular,
    Align.middle,
    Colour.textMuted,
  );
  pen.list.opacity(1);
}

/** How an operator stands there: at rest, at work in this turn, or ended. */
export type OperatorLook = "resting" | "working" | "ended";

/** An operator's box, the same at every depth. */
export function drawOperatorBox(
  pen: Pen,
  x: number,
  y: number,
  width: number,
  height: number,
  look: OperatorLook,
): void {
  const radius = 6 * Math.min(1.3, pen.scale);
  const fill = look === "working" ? Colour.atWork : look === "ended" ? Colour.cardEnded : Colour.operator;
  const border =
    look === "working" ? Colour.atWorkBorder : look === "ended" ? Colour.cardBorder : Colour.operatorBorder;
  pen.list.rect(x, y, width, height, radius, fill, border, look === "working" ? 1.75 : 1);
}

function drawEdge(drawing: Drawing, place: number, share: number): void {
  const { pen, picture, hits } = drawing;
  const edge = at(picture.job.streamEdges, place);
  const { stream, jobLayout } = picture;
  const toChain = edge.jobEdge < 0;
  const target = toChain ? jobLayout.links : jobLayout.curves;
  const targetPlace = toChain ? place : edge.jobEdge;
  const seen = pen.placeCurve(stream.curves, place * CURVE_LENGTH, target, targetPlace * CURVE_LENGTH, share);
  if (!seen) return;
  const source = at(picture.job.nodes, edge.source).id;
  let marked: boolean;
  if (share < 1 || toChain) {
    hits.curve(HitCode.streamEdge, source, edge.place, pen.points, 0);
    marked = isMarked(drawing, HitCode.streamEdge, source, edge.place);
  } else {
    hits.curve(HitCode.jobEdge, edge.jobEdge, 0, pen.points, 0);
    marked = isMarked(drawing, HitCode.jobEdge, edge.jobEdge);
  }
  const pressure =
    share === 1 && !toChain && drawing.frame.present ? drawing.pressure.ofEdge(edge.jobEdge) : 0;
  const plain = edge.chained ? Colour.chained : pressure > 0 ? Colour.backPressure : Colour.wireStrong;
  const colour = marked ? Colour.accent : plain;
  if (pressure > 0) drawPressed(pen, pressure, { flow: stream.flow });
  if (pressure === 0 || marked) {
    pen.list.curve(pen.points, 0, colour, marked ? 2.5 : edge.chained ? 1.25 : 1.5);
  }
  drawArrow(pen, colour, stream.flow === "across" ? Shape.arrowRight : Shape.arrowDown);
  if (edge.chained && edge.outputTag === null && share < 1) {
    pen.list.opacity(1 - share);
    drawLink(pen, colour, curvePoint(pen.points, 0, 0, 0.5), curvePoint(pen.points, 0, 1, 0.5));
    pen.list.opacity(1);
  }
  drawEdgeLabel(drawing, place, share, marked);
}

/** An arrowhead at the end of the curve in `points`. */
function drawArrow(pen: Pen, colour: number, shape: number): void {
  const radius = 3.6 * Math.min(1.2, Math.max(0.75, pen.scale));
  const x = numberAt(pen.points, CURVE_LENGTH - 2);
  const y = numberAt(pen.points, CURVE_LENGTH - 1);
  const [dx, dy] = shape === Shape.arrowRight ? [radius, 0] : [0, radius];
  pen.list.shape(shape, x - dx, y - dy, radius, colour, Colour.none, 0);
}

/** Two links of a chain: both operators will run in one task. */
export function drawLink(pen: Pen, colour: number, x: number, y: number): void {
  const radius = 3.4 * Math.min(1.3, Math.max(0.8, pen.scale));
  pen.list.shape(Shape.circle, x - radius * 0.7, y, radius, Colour.background, colour, 1.5);
  pen.list.shape(Shape.circle, x + radius * 0.7, y, radius, Colour.none, colour, 1.5);
}

function drawEdgeLabel(drawing: Drawing, place: number, share: number, marked: boolean): void {
  const { pen, picture } = drawing;
  const edge = at(picture.job.streamEdges, place);
  const from = picture.stream.labels[place] ?? null;
  const to = edge.jobEdge < 0 ? null : (picture.jobLayout.labels[edge.jobEdge] ?? null);
  if (from !== null && to !== null) {
    blendRect(labelBox, from, to, share);
    const text = share < 0.5 ? streamEdgeLabel(edge) : at(picture.job.jobEdges, edge.jobEdge).shipStrategy;
    writeLabel(pen, text, labelBox, 1, marked ? "marked" : "plain");
  } else if (from !== null && share < 1) {
    const look = edge.chained ? (marked ? "markedChained" : "chained") : marked ? "marked" : "plain";
    writeLabel(pen, streamEdgeLabel(edge), from, 1 - share, look);
  }
}

/** By so much a label may grow, in the layout's units. */
const LABEL_GROWTH = 22;

/** How a label is seen: with the sign of a chain or without, marked as its edge is or not. */
export type LabelLook = "plain" | "chained" | "marked" | "markedChained";

/** A label on its line, on a ground of its own so that the line does not run through the letters. */
export function writeLabel(pen: Pen, text: string, rect: Rect, opacity: number, look: LabelLook): void {
  const height = rect.height * pen.scale;
  const style = TextStyle.regular;
  const size = pen.fontSize(FontSize.small, height);
  const chained = look === "chained" || look === "markedChained";
  const marked = look === "marked" || look === "markedChained";
  const sign = chained ? LABEL_SIGN_WIDTH * pen.scale : 0;
  const textWidth = pen.ruler.width(text, size, style);
  // A text that is as small as texts may be takes more of its label than the layout meant.
  const meant = rect.width * pen.scale;
  const width = Math.max(meant, Math.min(meant + LABEL_GROWTH * pen.scale, textWidth + sign + 9));
  if (size === 0 || textWidth + 3 > width - sign) return;
  const x = pen.x(rect.x + rect.width / 2) - width / 2;
  const y = pen.y(rect.y);
  const border = marked ? Colour.accent : chained ? Colour.chained : Colour.panelBorder;
  pen.list.opacity(opacity);
  pen.list.rect(x, y, width, height, height / 2, Colour.background, border, 1, Dash.solid);
  if (chained) drawLink(pen, border, x + sign * 0.8, y + height / 2);
  const colour = marked ? Colour.text : Colour.textMuted;
  pen.writeWhole(text, x + sign, y, width - sign, height, FontSize.small, style, Align.middle, colour);
  pen.list.opacity(1);
}

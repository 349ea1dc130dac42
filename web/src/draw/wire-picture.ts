/**
 * The channels as wires, and the buffers on them. Where a wire cannot be told from its neighbours, all
 * channels of an edge run through one knot, with the edge's throughput at it.
 */
import { at, numberAt } from "../model/at";
import { type BundleLayout, wirePoint } from "../model/execution-layout";
import { channelPressure } from "../model/back-pressure";
import { ChannelField, ChannelFlag } from "../model/frame-reader";
import { CURVE_LENGTH, curvePoint, type Box } from "../model/geometry";
import { HitCode } from "../model/hits";
import { drawBuffer } from "./buffer-picture";
import { Dash, Shape } from "./display-list";
import { writeLabel } from "./graph-picture";
import { FontSize } from "../model/graph-layouts";
import { type Pen, TextStyle } from "./pen";
import { isMarked, lateShare, type Drawing } from "./picture";
import { drawPressed } from "./pressure-picture";
import { Colour } from "./theme";
import { rateText } from "../model/numbers";

/** An edge of more channels than this is drawn as a bundle from far away. */
const BUNDLE_FROM_FAR = 10;
/** The same from near, where single wires can be followed longer. */
const BUNDLE_FROM_NEAR = 220;
const MOVING_WIDTH = 24;
const MOVING_HEIGHT = 13;

const label: Box = { x: 0, y: 0, width: 0, height: 0 };

/** Draws all wires; before `share` 1 they are on their way from the edges of the JobGraph. */
export function drawWires(drawing: Drawing, share: number): void {
  const { picture, detail } = drawing;
  const { cluster, job } = picture;
  const limit = detail === "far" ? BUNDLE_FROM_FAR : detail === "near" ? BUNDLE_FROM_NEAR : Infinity;
  const counts = edgeCounts(drawing);
  const isBundled = (edge: number): boolean => share === 1 && edge >= 0 && numberAt(counts, edge) > limit;
  for (let edge = 0; edge < job.jobEdges.length; edge += 1) if (isBundled(edge)) drawBundle(drawing, edge);
  for (let channel = 0; channel < cluster.channels.length; channel += 1) {
    const bundled = isBundled(at(cluster.channels, channel).jobEdge);
    if (!bundled || isShownAlone(drawing, channel)) drawWire(drawing, channel, share);
  }
  for (let edge = 0; edge < job.jobEdges.length; edge += 1) {
    if (isBundled(edge)) drawThroughput(drawing, edge, at(picture.execution.bundles, edge));
  }
}

let countsOf: Drawing["picture"] | null = null;
let counted = new Uint32Array(0);

/** How many channels each edge has; counted once for a picture. */
function edgeCounts(drawing: Drawing): Uint32Array {
  const { picture } = drawing;
  if (countsOf !== picture) {
    counted = new Uint32Array(picture.job.jobEdges.length);
    for (const { jobEdge } of picture.cluster.channels) {
      if (jobEdge >= 0) counted[jobEdge] = numberAt(counted, jobEdge) + 1;
    }
    countsOf = picture;
  }
  return counted;
}

/** Whether a channel is drawn beside the bundle that it belongs to: pointed at, or with a buffer on its way. */
function isShownAlone(drawing: Drawing, channel: number): boolean {
  const { frame, detail } = drawing;
  if (isOfMarkedTask(drawing, channel) || isMarked(drawing, HitCode.channel, channel)) return true;
  return detail !== "far" && frame.present && frame.channel(ChannelField.inFlight, channel) > 0;
}

function isOfMarkedTask(drawing: Drawing, channel: number): boolean {
  const { from, to } = at(drawing.picture.cluster.channels, channel);
  return isMarked(drawing, HitCode.task, from) || isMarked(drawing, HitCode.task, to);
}

function drawWire(drawing: Drawing, channel: number, share: number): void {
  const { pen, picture, hits, frame } = drawing;
  const model = at(picture.cluster.channels, channel);
  const { wires } = picture.execution;
  const offset = channel * CURVE_LENGTH;
  const start = model.jobEdge < 0 ? wires : picture.jobLayout.curves;
  const startOffset = model.jobEdge < 0 ? offset : model.jobEdge * CURVE_LENGTH;
  if (!pen.placeCurve(start, startOffset, wires, offset, share)) return;
  if (share === 1) hits.curve(HitCode.channel, channel, 0, pen.points, 0);
  const flags = frame.present ? frame.channel(ChannelField.flags, channel) : 0;
  if ((flags & BROKEN) !== 0) {
    drawBrokenWire(pen, flags);
    return;
  }
  const marked = isMarked(drawing, HitCode.channel, channel) || isOfMarkedTask(drawing, channel);
  const k = Math.min(1.4, Math.max(0.5, pen.scale));
  const pressure = frame.present ? channelPressure(frame, picture.cluster, channel) : 0;
  // Not thicker than its lane, or many wires would become one surface.
  const card = at(picture.execution.cards, at(picture.cluster.tasks, model.from).vertex);
  const lane = (card.output?.pitch ?? 0) * pen.scale;
  if (pressure > 0) {
    drawPressed(pen, pressure, { thickMax: Math.max(1.25, lane * 0.6) });
  } else {
    const slow = (flags & ChannelFlag.slow) !== 0;
    const colour = slow ? Colour.warn : marked ? Colour.wireStrong : Colour.wire;
    const dash = (flags & ChannelFlag.ended) !== 0 ? Dash.dotted : slow ? Dash.dashed : Dash.solid;
    pen.list.curve(
      pen.points,
      0,
      colour,
      marked ? 1.75 : Math.min(1.15 * k, Math.max(0.6, lane * 0.3)),
      dash,
    );
  }
}

/** The flags of a channel over which nothing comes any more. */
const BROKEN = ChannelFlag.cut | ChannelFlag.cutBack | ChannelFlag.failed;

/** A wire in two: dashed where its link is cut, dotted where the channel failed, with a cross in the gap. */
function drawBrokenWire(pen: Pen, flags: number): void {
  const failed = (flags & ChannelFlag.failed) !== 0;
  pen.list.curve(pen.points, 0, Colour.bad, 1.5, failed ? Dash.dotted : Dash.dashed);
  // What is cut one way only breaks near its sender: of the buffers, or of the credit.
  const share = failed
    ? 0.9
    : (flags & ChannelFlag.cut) !== 0
      ? (flags & ChannelFlag.cutBack) !== 0
        ? 0.5
        : 0.35
      : 0.65;
  const x = curvePoint(pen.points, 0, 0, share);
  const y = curvePoint(pen.points, 0, 1, share);
  const radius = Math.min(7, Math.max(3, 4.5 * pen.scale));
  pen.list.shape(Shape.circle, x, y, radius * 1.5, Colour.background, Colour.none, 0);
  pen.list.shape(Shape.cross, x, y, radius, Colour.none, Colour.bad, 2);
}

/** Draws the buffers on their way. */
export function drawMovingBuffers(drawing: Drawing): void {
  const { pen, picture, frame, glide, glideShare, detail } = drawing;
  if (!frame.present || detail === "far") return;
  const { cluster, execution } = picture;
  const width = MOVING_WIDTH * pen.scale;
  const height = MOVING_HEIGHT * pen.scale;
  for (let channel = 0; channel < cluster.channels.length; channel += 1) {
    const first = frame.channel(ChannelField.firstBuffer, channel);
    const end = first + frame.bufferCountOf(channel);
    for (let buffer = first; buffer < end; buffer += 1) {
      const way = glide.way(buffer, glideShare);
      if (way <= 0 || way >= 1) continue;
      const x = pen.x(wirePoint(execution, channel, 0, way)) - width / 2;
      const y = pen.y(wirePoint(execution, channel, 1, way)) - height / 2;
      if (pen.sees(x, y, width, height)) drawBuffer(drawing, "moving", channel, buffer, x, y, width, height);
    }
  }
}

/** An edge of many channels: a branch for each sender and each receiver, thick where it is under pressure. */
function drawBundle(drawing: Drawing, edge: number): void {
  const { pen, picture, hits, frame } = drawing;
  const bundle = at(picture.execution.bundles, edge);
  const { branches, senders, receivers } = bundle;
  const k = Math.min(1.2, Math.max(0.6, pen.scale));
  const marked = isMarked(drawing, HitCode.jobEdge, edge);
  for (let place = 0; place < senders.length + receivers.length; place += 1) {
    const offset = place * CURVE_LENGTH;
    if (!pen.placeCurve(branches, offset, branches, offset, 1)) continue;
    hits.curve(HitCode.jobEdge, edge, 0, pen.points, 0);
    const sending = place < senders.length;
    const task = sending ? at(senders, place) : at(receivers, place - senders.length);
    const pressure = frame.present ? branchPressure(drawing, edge, task, sending) : 0;
    // The signs stand where the senders are.
    if (pressure > 0) drawPressed(pen, pressure, { signed: sending });
    else pen.list.curve(pen.points, 0, marked ? Colour.wireStrong : Colour.wire, 1.3 * k);
  }
}

function branchPressure(drawing: Drawing, edge: number, task: number, sending: boolean): number {
  const { picture, frame } = drawing;
  const model = at(picture.cluster.tasks, task);
  const lanes = sending ? model.outputs : model.inputs;
  let most = 0;
  for (const channel of lanes) {
    if (at(picture.cluster.channels, channel).jobEdge === edge) {
      most = Math.max(most, channelPressure(frame, picture.cluster, channel));
    }
  }
  return most;
}

/** Records a second through an edge; -1 where the counts of the tasks do not tell it. */
function edgeRate(drawing: Drawing, edge: number): number {
  const { job } = drawing.picture;
  const { source, target } = at(job.jobEdges, edge);
  if (at(job.vertices, source).outputs.length === 1) return drawing.throughput.rateOut(source);
  if (at(job.vertices, target).inputs.length === 1) return drawing.throughput.rateIn(target);
  return -1;
}

function drawThroughput(drawing: Drawing, edge: number, bundle: BundleLayout): void {
  const { pen, frame, picture } = drawing;
  const rate = frame.present ? edgeRate(drawing, edge) : -1;
  if (rate < 0) return;
  const text = rateText(rate);
  const height = 13 / pen.scale;
  const size = pen.fontSize(FontSize.small, 13);
  const width = (pen.ruler.width(text, size, TextStyle.regular) + 8) / pen.scale;
  if (width > picture.execution.gap - 4) return;
  label.x = bundle.knot.x - width / 2;
  label.y = bundle.knot.y - height / 2;
  label.width = width;
  label.height = height;
  writeLabel(pen, text, label, 1, "plain");
}

/** Opacity of the edges' labels of the JobGraph, which fade before the wires spread. */
export function labelOpacity(share: number): number {
  return lateShare(1 - share);
}

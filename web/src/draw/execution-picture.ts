/** The ExecutionGraph, and all between it and the JobGraph: `share` 0 is the JobGraph, 1 the tasks in their slots. */
import { at } from "../model/at";
import { GUTTER_WIDTH, type NodeLayout, type PanelLayout } from "../model/execution-layout";
import { STATE_IN_NAME } from "../model/cluster-model";
import { ManagerField } from "../model/frame-reader";
import type { Box } from "../model/geometry";
import { FontSize } from "../model/graph-layouts";
import { HitCode } from "../model/hits";
import { countText, rateText, shortCount } from "../model/numbers";
import { drawCard, placeCard } from "./card-picture";
import { Align, Dash } from "./display-list";
import { drawVertexHeader, writeLabel } from "./graph-picture";
import { drawMovingMessages } from "./message-picture";
import { TextStyle } from "./pen";
import { lateShare, type Drawing } from "./picture";
import { writeLevel } from "./pressure-picture";
import { Colour } from "./theme";
import { drawMovingBuffers, drawWires, labelOpacity } from "./wire-picture";

const box: Box = { x: 0, y: 0, width: 0, height: 0 };

/** Draws the picture between the JobGraph (0) and the ExecutionGraph (1). */
export function drawExecution(drawing: Drawing, share: number): void {
  const { pen, picture } = drawing;
  const { execution, cluster } = picture;
  const late = lateShare(share);
  if (late > 0) {
    pen.list.opacity(late);
    for (const node of execution.nodes) drawNode(drawing, node);
    for (const panel of execution.panels) drawPanel(drawing, panel);
    for (let column = 0; column < execution.columns.length; column += 1) drawColumnHeader(drawing, column);
    pen.list.opacity(1);
  }
  drawWires(drawing, share);
  if (share === 1) {
    drawMovingBuffers(drawing);
    drawMovingMessages(drawing);
  }
  if (late > 0) {
    pen.list.opacity(late);
    for (const panel of execution.panels) drawPanelHeader(drawing, panel);
    for (const node of execution.nodes) drawNodeLines(drawing, node);
    pen.list.opacity(1);
  }
  const k = pen.scale;
  if (share === 1) drawing.overlay?.(drawing, "under");
  for (let task = 0; task < cluster.tasks.length; task += 1) {
    placeCard(drawing, task, share, box);
    drawCard(drawing, task, pen.x(box.x), pen.y(box.y), box.width * k, box.height * k, share);
  }
  if (share < 1) drawJobTexts(drawing, share);
  else drawing.overlay?.(drawing, "over");
}

/** What the JobGraph writes, while it goes. */
function drawJobTexts(drawing: Drawing, share: number): void {
  const { pen, picture } = drawing;
  const opacity = labelOpacity(share);
  if (opacity <= 0) return;
  pen.list.opacity(opacity);
  for (let task = 0; task < picture.cluster.tasks.length; task += 1) {
    const model = at(picture.cluster.tasks, task);
    if (model.subtask !== 0) continue;
    placeCard(drawing, task, share, box);
    drawVertexHeader(drawing, model.vertex, pen.x(box.x), pen.y(box.y), box.width * pen.scale);
  }
  picture.job.jobEdges.forEach((edge, place) => {
    const rect = picture.jobLayout.labels[place] ?? null;
    if (rect !== null) writeLabel(pen, edge.shipStrategy, rect, opacity, "plain");
  });
  pen.list.opacity(1);
}

/** A NodeManager's box. */
function drawNode({ pen }: Drawing, { rect }: NodeLayout): void {
  const k = pen.scale;
  const [x, y] = [pen.x(rect.x), pen.y(rect.y)];
  if (!pen.sees(x, y, rect.width * k, rect.height * k)) return;
  const radius = Math.min(16, 14 * k);
  pen.list.rect(x, y, rect.width * k, rect.height * k, radius, Colour.none, Colour.cardBorder, 1.5);
}

/** Its name, and what is in containers without a TaskManager. */
function drawNodeLines({ pen, picture }: Drawing, { node, lines }: NodeLayout): void {
  const k = pen.scale;
  const { name, others } = at(picture.cluster.nodes, node);
  [name, ...others].forEach((text, place) => {
    const line = at(lines, place);
    const [x, y, width, height] = [pen.x(line.x), pen.y(line.y), line.width * k, line.height * k];
    if (!pen.sees(x, y, width, height)) return;
    const style = place === 0 ? TextStyle.strong : TextStyle.regular;
    const long = Math.min(width, pen.widthOf(text, FontSize.plain, style, height));
    pen.list.rect(x - 2, y + 1, long + 6, height - 2, 3, Colour.background, Colour.none);
    pen.write(text, x, y, width, height, FontSize.plain, style, Align.left, Colour.textMuted);
  });
}

function drawPanel(drawing: Drawing, panel: PanelLayout): void {
  const { pen, hits, picture } = drawing;
  const k = pen.scale;
  const { rect } = panel;
  const x = pen.x(rect.x);
  const y = pen.y(rect.y);
  if (!pen.sees(x, y, rect.width * k, rect.height * k)) return;
  const manager = picture.cluster.taskManagers[panel.manager];
  // Where there is no room for its name, its border still tells one that does not work as it should.
  const fails = manager !== undefined && STATE_IN_NAME.test(manager.name);
  const dash = manager === undefined ? Dash.dashed : Dash.solid;
  const [border, thick] = fails ? [Colour.bad, 2] : [Colour.panelBorder, 1];
  const radius = Math.min(12, 10 * k);
  pen.list.rect(x, y, rect.width * k, rect.height * k, radius, Colour.panel, border, thick, dash);
  if (manager !== undefined) {
    hits.rect(HitCode.taskManager, manager.id, 0, 0, x, y, rect.width * k, rect.height * k);
  }
  panel.rows.forEach((_, place) => {
    drawRow(drawing, panel, place);
  });
}

/** A panel's title, over the wires that cross it. */
function drawPanelHeader(drawing: Drawing, panel: PanelLayout): void {
  const { pen, picture, frame } = drawing;
  const k = pen.scale;
  const top = pen.y(panel.header.y);
  const left = pen.x(panel.header.x);
  const width = panel.header.width * k;
  const height = panel.header.height * k;
  if (!pen.sees(left, top, width, height)) return;
  const manager = picture.cluster.taskManagers[panel.manager];
  const name =
    manager?.name ?? (picture.cluster.planned ? "Planned: not submitted yet" : "Waiting for slots");
  const style = TextStyle.strong;
  const nameWidth = Math.min(width, pen.widthOf(name, FontSize.plain, style, height));
  if (nameWidth === 0) return;
  const segments = manager === undefined || !frame.present ? "" : segmentsText(drawing, panel.manager);
  const plain = TextStyle.regular;
  const segmentsWidth = segments === "" ? 0 : pen.widthOf(segments, FontSize.small, plain, height);
  const meter = METER_WIDTH * Math.min(1.5, Math.max(0.7, k));
  const worded = nameWidth + 14 + segmentsWidth;
  const shown = segmentsWidth > 0 && worded <= width;
  const metered = shown && worded + 10 + meter <= width;
  const ground = metered ? worded + 10 + meter : shown ? worded : nameWidth;
  pen.list.rect(left - 2, top + 1, ground + 6, height - 2, 3, Colour.panel, Colour.none);
  pen.write(name, left, top, width, height, FontSize.plain, style, Align.left, Colour.textMuted);
  if (!shown) return;
  const x = left + nameWidth + 14;
  pen.write(segments, x, top, segmentsWidth + 1, height, FontSize.small, plain, Align.left, Colour.textMuted);
  if (metered) drawMeter(drawing, panel.manager, x + segmentsWidth + 10, top, meter, height);
}

const METER_WIDTH = 56;

/** What the TaskManager's network pool has given away, and what it has in all. */
function segmentsText({ frame }: Drawing, place: number): string {
  const used = frame.manager(ManagerField.used, place);
  return `network segments ${countText(used)} / ${countText(frame.manager(ManagerField.segments, place))}`;
}

function drawMeter(
  drawing: Drawing,
  place: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, frame } = drawing;
  const segments = frame.manager(ManagerField.segments, place);
  if (segments === 0) return;
  const thick = Math.min(5, height / 3);
  const top = y + (height - thick) / 2;
  pen.list.rect(x, top, width, thick, thick / 2, Colour.idle, Colour.none);
  const filled = Math.min(1, frame.manager(ManagerField.used, place) / segments) * width;
  if (filled > 0) {
    pen.list.rect(x, top, Math.max(2, filled), thick, thick / 2, Colour.bufferBorder, Colour.none);
  }
}

function drawRow(drawing: Drawing, panel: PanelLayout, place: number): void {
  const { pen, hits, picture } = drawing;
  const row = at(panel.rows, place);
  const k = pen.scale;
  const x = pen.x(row.rect.x);
  const y = pen.y(row.rect.y);
  const height = row.rect.height * k;
  const manager = picture.cluster.taskManagers[panel.manager];
  if (manager === undefined) return;
  hits.rect(HitCode.slot, manager.id, row.slot, 0, x, y, row.rect.width * k, height);
  const pad = 10 * k;
  const room = (GUTTER_WIDTH - 11) * k;
  const style = TextStyle.regular;
  if (row.free) {
    const text = `slot ${row.slot} · free`;
    const wide = row.rect.width * k - 2 * pad;
    pen.write(text, x + pad, y, wide, height - 4 * k, FontSize.small, style, Align.left, Colour.textFaint);
    return;
  }
  const lineHeight = Math.min(height, 16 * Math.max(k, 0.75));
  const colour = Colour.textMuted;
  const whole = pen.writeWhole(
    `slot ${row.slot}`,
    x + pad,
    y,
    room,
    lineHeight,
    FontSize.small,
    style,
    Align.left,
    colour,
  );
  if (row.group !== "" && height >= 2 * lineHeight)
    pen.write(
      row.group,
      x + pad,
      y + lineHeight,
      (row.room - 11) * k,
      lineHeight,
      FontSize.small,
      style,
      Align.left,
      Colour.text,
    );
  if (whole === 0) {
    const narrow = (GUTTER_WIDTH - 4) * k;
    pen.writeWhole(
      String(row.slot),
      x + 2 * k,
      y,
      narrow,
      lineHeight,
      FontSize.small,
      style,
      Align.middle,
      colour,
    );
  }
}

/** A column's title: its vertex, and what it reads and writes. */
function drawColumnHeader(drawing: Drawing, place: number): void {
  const { pen, picture, frame, hits } = drawing;
  const { vertex, header } = at(picture.execution.columns, place);
  const model = at(picture.job.vertices, vertex);
  const k = pen.scale;
  const x = pen.x(header.x);
  const y = pen.y(header.y);
  const next = place + 1 < picture.execution.columns.length ? picture.execution.gap - 10 : 0;
  const width = (header.width + next) * k;
  const height = header.height * k;
  hits.rect(HitCode.vertex, vertex, 0, 0, x, y, header.width * k, height);
  // Both lines stand at the header's foot, however high it is.
  const nameHeight = Math.min(height * 0.53, Math.max(11, 19 * k));
  const flowHeight = Math.min(height * 0.47, Math.max(10.5, 16 * k));
  const plain = TextStyle.regular;
  const text = frame.present ? flowText(drawing, vertex) : `×${model.parallelism}`;
  const bottom = y + height - Math.min(3, height * 0.05);
  const flow = pen.fontSize(FontSize.small, flowHeight) === 0 ? 0 : flowHeight;
  if (flow > 0) {
    const top = bottom - flow;
    const pressed = frame.present
      ? writeLevel(pen, drawing.pressure.ofVertex(vertex), x, top, width, flow)
      : 0;
    const left = pressed > 0 ? pressed + 8 : 0;
    pen.write(text, x + left, top, width - left, flow, FontSize.small, plain, Align.left, Colour.textMuted);
  }
  const room = flow > 0 ? nameHeight : Math.min(height, Math.max(11, 19 * k));
  const style = TextStyle.strong;
  pen.write(model.name, x, bottom - flow - room, width, room, FontSize.title, style, Align.left, Colour.text);
}

function flowText(drawing: Drawing, vertex: number): string {
  const { throughput, picture } = drawing;
  const { inputs, outputs } = at(picture.job.vertices, vertex);
  const into = `in ${shortCount(throughput.totalIn(vertex))} (${rateText(throughput.rateIn(vertex))})`;
  const out = `out ${shortCount(throughput.totalOut(vertex))} (${rateText(throughput.rateOut(vertex))})`;
  const parts = [...(inputs.length > 0 ? [into] : []), ...(outputs.length > 0 ? [out] : [])];
  return parts.length > 0 ? parts.join(" · ") : `×${at(picture.job.vertices, vertex).parallelism}`;
}

/** The marks of what is selected and what is pointed at, over everything else. */
import { type Hit, HitCode } from "../model/hits";
import type { Drawing } from "./picture";
import { Colour } from "./theme";

/** Marks both, where they were drawn. */
export function drawMarks(drawing: Drawing): void {
  const { hovered, selected } = drawing;
  if (hovered !== null) drawMark(drawing, hovered, 1.25);
  if (selected !== null) drawMark(drawing, selected, 2.25);
}

function drawMark(drawing: Drawing, hit: Hit, lineWidth: number): void {
  const { hits, pen } = drawing;
  const { code, a, b, c } = hit;
  // An edge of a graph is drawn in the mark's colour already, beneath its label.
  if (code === HitCode.streamEdge || code === HitCode.jobEdge) return;
  const curve = hits.curveOf(code, a, b);
  if (curve >= 0) {
    pen.list.curve(hits.points, curve, Colour.accent, lineWidth + 0.75);
    return;
  }
  const area = hits.areaOf(code, a, b, c);
  if (area === null) return;
  const radius = radiusOf(code) * Math.min(1.3, pen.scale);
  pen.list.rect(area.x, area.y, area.width, area.height, radius, Colour.none, Colour.accent, lineWidth);
}

function radiusOf(code: number): number {
  if (code === HitCode.task || code === HitCode.vertex || code === HitCode.taskManager) return 9;
  return code === HitCode.node || code === HitCode.operator ? 6 : 3;
}

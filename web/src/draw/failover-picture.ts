/** A failure on its way over the ExecutionGraph: each region that it reached in an outline, numbered in their order. */
import { at } from "../model/at";
import type { Failover, RegionPhase } from "../model/failover";
import { CURVE_LENGTH } from "../model/geometry";
import { placeCard } from "./card-picture";
import { Align, Dash, Shape } from "./display-list";
import { TextStyle } from "./pen";
import type { Drawing, Overlay } from "./picture";
import { Colour, type ColourName } from "./theme";

/** Colour and outline of a region, by how far it is. */
export const REGION_SIGNS: Readonly<
  Record<RegionPhase, { readonly colour: ColourName; readonly dash: number }>
> = {
  ending: { colour: "bad", dash: Dash.dashed },
  ended: { colour: "warn", dash: Dash.dotted },
  created: { colour: "textMuted", dash: Dash.dotted },
  scheduled: { colour: "textMuted", dash: Dash.dashed },
  starting: { colour: "accent", dash: Dash.solid },
  running: { colour: "good", dash: Dash.solid },
};

const box = { x: 0, y: 0, width: 0, height: 0 };
/** So far around the cards, in CSS pixels; less from far away, where a TaskManager's name is close above them. */
const AROUND = 3;
const TINT = 0.16;

/** What to draw of a failure. */
export function failoverOverlay({ steps }: Failover): Overlay {
  const stepOf = new Map(steps.flatMap((step, place) => step.tasks.map((task) => [task, place])));
  const numbers = steps.map((_, place) => String(place + 1));
  return (drawing, layer) => {
    if (layer === "under") drawWays(drawing, steps, stepOf);
    for (let place = 0; place < steps.length; place += 1) {
      const step = at(steps, place);
      for (const task of step.tasks) {
        if (task >= drawing.picture.cluster.tasks.length) continue;
        placeCard(drawing, task, 1, box);
        if (layer === "under") drawOutline(drawing, step.phase);
        else if (steps.length > 1) drawNumber(drawing, step.phase, at(numbers, place));
      }
    }
  };
}

/** The wires within a region: they are what ties its tasks together. */
function drawWays(drawing: Drawing, steps: Failover["steps"], stepOf: ReadonlyMap<number, number>): void {
  const { pen, picture } = drawing;
  const { wires } = picture.execution;
  pen.list.opacity(TINT * 2);
  picture.cluster.channels.forEach(({ from, to }, channel) => {
    const step = stepOf.get(from);
    if (step === undefined || step !== stepOf.get(to)) return;
    const offset = channel * CURVE_LENGTH;
    if (!pen.placeCurve(wires, offset, wires, offset, 1)) return;
    const colour = Colour[REGION_SIGNS[at(steps, step).phase].colour];
    pen.list.curve(pen.points, 0, colour, Math.min(7, Math.max(3, 7 * pen.scale)));
  });
  pen.list.opacity(1);
}

function drawOutline({ pen }: Drawing, phase: RegionPhase): void {
  const { colour, dash } = REGION_SIGNS[phase];
  const k = pen.scale;
  const around = AROUND * Math.min(1, k * k);
  const [x, y] = [pen.x(box.x) - around, pen.y(box.y) - around];
  const [width, height] = [box.width * k + 2 * around, box.height * k + 2 * around];
  if (!pen.sees(x, y, width, height)) return;
  const radius = 9 * Math.min(1.3, k) + around;
  pen.list.opacity(TINT);
  pen.list.rect(x, y, width, height, radius, Colour[colour], Colour.none);
  pen.list.opacity(1);
  pen.list.rect(x, y, width, height, radius, Colour.none, Colour[colour], 2, dash);
}

/** Its place in the order, on the card's upper left corner. */
function drawNumber({ pen }: Drawing, phase: RegionPhase, number: string): void {
  const radius = Math.min(10, Math.max(7, 9 * pen.scale));
  const [x, y] = [pen.x(box.x), pen.y(box.y)];
  if (!pen.sees(x - radius, y - radius, 2 * radius, 2 * radius)) return;
  const size = Math.round(radius * 1.25);
  pen.list.shape(Shape.circle, x, y, radius, Colour[REGION_SIGNS[phase].colour], Colour.background, 1.5);
  pen.list.text(number, x, y + size * 0.36, size, TextStyle.strong, Align.middle, Colour.card);
}

/** How far a task is with the checkpoint under way: a badge on its card, with the checkpoint's number and a sign. */
import { HitCode } from "../model/hits";
import { Align, Dash } from "./display-list";
import { numberText } from "./glyphs";
import { TextStyle } from "./pen";
import type { Drawing } from "./picture";
import { Colour } from "./theme";

/** As the engine numbers them. */
const Phase = { notReached: 0, aligning: 1, writing: 2 } as const;
const SIGNS = ["", "", " …", " ✓", " ✓"];
const WIDTH = 30;
const HEIGHT = 12;

/**
 * Draws the badge over the lower border of a card, at its right end: above the upper one stands what is said of the
 * TaskManager.
 */
export function drawCheckpointBadge(
  drawing: Drawing,
  task: number,
  x: number,
  bottom: number,
  width: number,
): void {
  const { pen, frame, hits } = drawing;
  const checkpoint = frame.present ? frame.checkpoint(task) : 0;
  if (checkpoint === 0) return;
  const phase = frame.checkpointPhase(task);
  // As large as its number needs it, also where the card is small.
  const k = Math.min(1.5, Math.max(0.95, pen.scale));
  const [wide, high] = [WIDTH * k, HEIGHT * k];
  const left = x + width - wide - 8 * k;
  const top = bottom - 1.5;
  const isDone = phase > Phase.writing;
  pen.list.rect(left, top, wide, high, high / 2, isDone ? Colour.blocked : Colour.card, Colour.none);
  if (phase === Phase.aligning || phase === Phase.writing) {
    pen.list.hatch(left + 2, top + 1, wide - 4, high - 2, Colour.blockedHatch, 4);
  }
  const dash = phase === Phase.notReached ? Dash.dashed : Dash.solid;
  pen.list.rect(left, top, wide, high, high / 2, Colour.none, Colour.blocked, 1.25, dash);
  const colour = isDone ? Colour.eventText : Colour.blocked;
  const text = badgeText(checkpoint, phase);
  pen.writeWhole(text, left, top, wide, high, (8.5 * k) / pen.scale, TextStyle.strong, Align.middle, colour);
  hits.rect(HitCode.task, task, 0, 0, left, top, wide, high);
}

/** The texts that were drawn already, by checkpoint and phase: drawing makes none anew. */
const texts = new Map<number, string>();

function badgeText(checkpoint: number, phase: number): string {
  const key = checkpoint * 8 + phase;
  let text = texts.get(key);
  if (text === undefined) {
    if (texts.size > 1000) texts.clear();
    text = `${numberText(checkpoint)}${SIGNS[phase] ?? ""}`;
    texts.set(key, text);
  }
  return text;
}

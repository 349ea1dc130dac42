/** What flies between two TaskManagers beside the buffers: credits and the like, mostly against the stream. */
import { numberAt } from "../model/at";
import { wirePoint } from "../model/execution-layout";
import { ChannelField, MessageField, MessageKind, messageName } from "../model/frame-reader";
import { HitCode } from "../model/hits";
import { bytesText } from "../model/numbers";
import { Align, Shape } from "./display-list";
import { TextStyle } from "./pen";
import type { Drawing } from "./picture";
import { Colour } from "./theme";

const HEIGHT = 12;
const FONT_SIZE = 7.5;
/** So far beside the wire, in the layout's units, so that buffers and messages pass each other. */
const ASIDE = 11;

/** Left, top, right and bottom of the labels of this picture, one after another. */
const labels: number[] = [];

/** Draws the messages on their way; from far away there are none. */
export function drawMovingMessages(drawing: Drawing): void {
  const { picture, frame, glide, glideShare, detail } = drawing;
  if (!frame.present || detail === "far" || frame.messageCount === 0) return;
  labels.length = 0;
  for (let channel = 0; channel < picture.cluster.channels.length; channel += 1) {
    const first = frame.channel(ChannelField.firstMessage, channel);
    const end = first + frame.channel(ChannelField.messages, channel);
    for (let message = first; message < end; message += 1) {
      const together = countTogether(drawing, message, end);
      drawMessage(drawing, channel, message, together, glide.messageWay(message, glideShare));
      message += together - 1;
    }
  }
}

/** How many messages of a kind were sent in the same tick: they fly as one. */
function countTogether({ frame }: Drawing, message: number, end: number): number {
  let next = message + 1;
  while (
    next < end &&
    frame.message(MessageField.kind, next) === frame.message(MessageField.kind, message) &&
    frame.message(MessageField.sentAt, next) === frame.message(MessageField.sentAt, message)
  ) {
    next += 1;
  }
  return next - message;
}

function drawMessage(
  drawing: Drawing,
  channel: number,
  message: number,
  together: number,
  way: number,
): void {
  const { pen, picture, frame, hits } = drawing;
  const { execution } = picture;
  const forward = (frame.message(MessageField.flags, message) & 1) !== 0;
  const share = forward ? way : 1 - way;
  const dx = wirePoint(execution, channel, 0, share + 0.03) - wirePoint(execution, channel, 0, share - 0.03);
  const dy = wirePoint(execution, channel, 1, share + 0.03) - wirePoint(execution, channel, 1, share - 0.03);
  const aside = ASIDE / Math.max(1e-6, Math.hypot(dx, dy));
  const x = pen.x(wirePoint(execution, channel, 0, share) - dy * aside);
  const y = pen.y(wirePoint(execution, channel, 1, share) + dx * aside);
  const height = HEIGHT * pen.scale;
  if (!pen.sees(x - 60, y - height, 120, 2 * height)) return;
  const kind = frame.message(MessageField.kind, message);
  const colour =
    kind === MessageKind.addCredit
      ? Colour.good
      : kind === MessageKind.errorResponse
        ? Colour.bad
        : Colour.accent;
  const arrow = forward ? Shape.arrowRight : Shape.arrowLeft;
  const text = drawing.detail === "nearest" ? wordOf(drawing, message, kind, together) : "";
  const boxHeight = Math.min(height, 18);
  const textWidth = text === "" ? 0 : pen.widthOf(text, FONT_SIZE, TextStyle.strong, boxHeight);
  const sign = boxHeight * 0.3;
  const width = textWidth + 2 * sign + 11;
  // Beside the cards at both ends, not over them.
  const start = pen.x(wirePoint(execution, channel, 0, 0)) + 2;
  const end = pen.x(wirePoint(execution, channel, 0, 1)) - 2;
  const left = Math.max(start, Math.min(end - width, x - width / 2));
  const top = y - boxHeight / 2;
  if (textWidth === 0 || left + width > end || !takeRoom(left, top, width, boxHeight)) {
    const radius = Math.min(5, Math.max(2, 3.4 * pen.scale));
    pen.list.shape(arrow, x, y, radius, colour, Colour.background, 1);
    hits.rect(HitCode.channel, channel, 0, 0, x - radius, y - radius, 2 * radius, 2 * radius);
    return;
  }
  pen.list.rect(left, top, width, boxHeight, boxHeight / 2, Colour.card, colour, 1.25);
  pen.list.shape(arrow, left + sign + 4, y, sign, colour, Colour.none, 0);
  const textX = left + 2 * sign + 6;
  pen.writeWhole(
    text,
    textX,
    top,
    textWidth + 1,
    boxHeight,
    FONT_SIZE,
    TextStyle.strong,
    Align.left,
    Colour.text,
  );
  hits.rect(HitCode.channel, channel, 0, 0, left, top, width, boxHeight);
}

/** Takes a label's room where no other has it: wires cross, and words over words are read by nobody. */
function takeRoom(x: number, y: number, width: number, height: number): boolean {
  for (let i = 0; i < labels.length; i += 4) {
    const isBeside = x >= numberAt(labels, i + 2) || numberAt(labels, i) >= x + width;
    const isAbove = y >= numberAt(labels, i + 3) || numberAt(labels, i + 1) >= y + height;
    if (!isBeside && !isAbove) return false;
  }
  labels.push(x, y, x + width, y + height);
  return true;
}

/** What is written on a message: credits are a number, others have a name. */
function wordOf({ frame }: Drawing, message: number, kind: number, together: number): string {
  let number = 0;
  for (let each = message; each < message + together; each += 1)
    number += frame.message(MessageField.number, each);
  if (kind === MessageKind.addCredit) return `+${number}`;
  if (kind === MessageKind.backlogAnnouncement) return `backlog ${number}`;
  if (kind === MessageKind.newBufferSize) return `size ${bytesText(number)}`;
  return messageName(kind);
}

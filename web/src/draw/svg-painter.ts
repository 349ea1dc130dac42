/** Writes a display list as an SVG document: for export, and for the picture of a page without scripts. */
import { numberAt } from "../model/at";
import { CURVE_LENGTH } from "../model/geometry";
import { TEXT_FAMILIES, TEXT_WEIGHTS } from "../model/text-ruler";
import { SHAPE_PATHS } from "./canvas-painter";
import { DASH_PATTERNS, type DisplayList, ListReader, Op, Shape } from "./display-list";
import { COLOUR_NAMES, type Theme } from "./theme";

const ANCHORS = ["start", "middle", "end"] as const;

/** The list as an SVG document. `title` is what a screen reader says of it. */
export function toSvg(list: DisplayList, theme: Theme, title: string): string {
  const parts: string[] = [];
  const reader = new ListReader(list);
  const colours = COLOUR_NAMES.map((name) => theme[name]);
  const size = `width="${round(list.width)}" height="${round(list.height)}"`;
  const view = `viewBox="0 0 ${round(list.width)} ${round(list.height)}"`;
  parts.push(`<svg xmlns="http://www.w3.org/2000/svg" ${size} ${view} role="img">`);
  parts.push(`<title>${escapeText(title)}</title>`);
  let opacity = 1;
  while (!reader.done) {
    const kind = reader.next();
    if (kind === Op.opacity) {
      const next = Math.max(0, Math.min(1, reader.next()));
      if (next === opacity) continue;
      if (opacity !== 1) parts.push("</g>");
      if (next !== 1) parts.push(`<g opacity="${round(next)}">`);
      opacity = next;
      continue;
    }
    parts.push(writeOperation(kind, reader, colours));
  }
  if (opacity !== 1) parts.push("</g>");
  parts.push("</svg>");
  return parts.filter((part) => part !== "").join("\n") + "\n";
}

function writeOperation(kind: number, reader: ListReader, colours: readonly string[]): string {
  switch (kind) {
    case Op.rect:
      return writeRect(reader, colours);
    case Op.curve:
      return writeCurve(reader, colours);
    case Op.line: {
      const [x1, y1, x2, y2] = [reader.next(), reader.next(), reader.next(), reader.next()].map(round);
      return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"${strokeOf(reader, colours)}/>`;
    }
    case Op.shape:
      return writeShape(reader, colours);
    case Op.text:
      return writeText(reader, colours);
    case Op.hatch:
      return writeHatch(reader, colours);
    default:
      throw new Error("unknown operation in a display list");
  }
}

function strokeOf(reader: ListReader, colours: readonly string[]): string {
  const colour = colours[reader.next()] ?? "none";
  const width = reader.next();
  const dash = DASH_PATTERNS[reader.next()] ?? [];
  return strokeText(colour, width, dash);
}

function strokeText(colour: string, width: number, dash: readonly number[]): string {
  if (colour === "none" || width <= 0) return "";
  const dashes = dash.length === 0 ? "" : ` stroke-dasharray="${dash.join(" ")}"`;
  return ` stroke="${colour}" stroke-width="${round(width)}"${dashes}`;
}

function writeRect(reader: ListReader, colours: readonly string[]): string {
  const [x, y, width, height, radius] = [0, 0, 0, 0, 0].map(() => round(reader.next()));
  const fill = colours[reader.next()] ?? "none";
  const stroke = strokeOf(reader, colours);
  if (fill === "none" && stroke === "") return "";
  const corner = radius === 0 ? "" : ` rx="${radius}"`;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}"${corner} fill="${fill}"${stroke}/>`;
}

function writeCurve(reader: ListReader, colours: readonly string[]): string {
  const points = Array.from({ length: CURVE_LENGTH }, () => round(reader.next()));
  const path = `M${points[0]} ${points[1]}C${points.slice(2).join(" ")}`;
  return `<path d="${path}" fill="none"${strokeOf(reader, colours)}/>`;
}

function writeShape(reader: ListReader, colours: readonly string[]): string {
  const [shape, x, y, radius] = [reader.next(), reader.next(), reader.next(), reader.next()] as const;
  const fill = colours[reader.next()] ?? "none";
  const stroke = strokeText(colours[reader.next()] ?? "none", reader.next(), []);
  if (fill === "none" && stroke === "") return "";
  if (shape === Shape.circle) {
    return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="${fill}"${stroke}/>`;
  }
  const strokes = (SHAPE_PATHS[shape] ?? []).map((corners) => {
    const points: string[] = [];
    for (let i = 0; i < corners.length; i += 2) {
      points.push(
        `${round(x + numberAt(corners, i) * radius)} ${round(y + numberAt(corners, i + 1) * radius)}`,
      );
    }
    return `M${points.join("L")}${corners.length > 4 ? "Z" : ""}`;
  });
  return `<path d="${strokes.join("")}" fill="${fill}"${stroke} stroke-linejoin="round"/>`;
}

function writeText(reader: ListReader, colours: readonly string[]): string {
  const [x, y, size] = [round(reader.next()), round(reader.next()), round(reader.next())];
  const style = reader.next();
  const anchor = ANCHORS[reader.next()] ?? "start";
  const fill = colours[reader.next()] ?? "none";
  const text = escapeText(reader.nextText());
  if (fill === "none") return "";
  const family = escapeText(TEXT_FAMILIES[style] ?? "sans-serif");
  const font = `font-family="${family}" font-size="${size}" font-weight="${TEXT_WEIGHTS[style] ?? 400}"`;
  return `<text x="${x}" y="${y}" ${font} text-anchor="${anchor}" fill="${fill}">${text}</text>`;
}

function writeHatch(reader: ListReader, colours: readonly string[]): string {
  const [x, y, width, height] = [reader.next(), reader.next(), reader.next(), reader.next()];
  const colour = colours[reader.next()] ?? "none";
  const distance = reader.next();
  const lines: string[] = [];
  for (let start = x + distance - height; start < x + width; start += distance) {
    const left = Math.max(start, x);
    const right = Math.min(start + height, x + width);
    if (left >= right) continue;
    lines.push(
      `M${round(left)} ${round(y + height - (left - start))}L${round(right)} ${round(y + height - (right - start))}`,
    );
  }
  return `<path d="${lines.join("")}" fill="none"${strokeText(colour, 1.25, [])}/>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

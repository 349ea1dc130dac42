/** Paints a display list on a canvas. */
import { numberAt } from "../model/at";
import { CURVE_LENGTH } from "../model/geometry";
import { fontOf, type Measure } from "../model/text-ruler";
import { DASH_PATTERNS, type DisplayList, ListReader, Op, Shape } from "./display-list";
import { COLOUR_NAMES, type Theme } from "./theme";

/** What is needed of a canvas: both the page's and an offscreen one have it. */
export type PaintContext = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

const ALIGNS: readonly CanvasTextAlign[] = ["left", "center", "right"];
const palettes = new WeakMap<Theme, readonly string[]>();
const fonts = new Map<number, string>();

/** The colours of a theme by their numbers. */
function paletteOf(theme: Theme): readonly string[] {
  let palette = palettes.get(theme);
  if (palette === undefined) {
    palette = COLOUR_NAMES.map((name) => theme[name]);
    palettes.set(theme, palette);
  }
  return palette;
}

function cachedFont(style: number, size: number): string {
  const key = size * 8 + style;
  let font = fonts.get(key);
  if (font === undefined) {
    font = fontOf(style, size);
    fonts.set(key, font);
  }
  return font;
}

/** Measures texts with a canvas, for `createScene`. */
export function measureWith(context: PaintContext): Measure {
  return (text, font) => {
    context.font = font;
    return context.measureText(text).width;
  };
}

/**
 * Paints the whole list. The canvas has `pixelRatio` device pixels for a CSS pixel; its size in device
 * pixels is the caller's.
 */
export function paintCanvas(
  context: PaintContext,
  list: DisplayList,
  theme: Theme,
  pixelRatio: number,
): void {
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.globalAlpha = 1;
  context.clearRect(0, 0, list.width, list.height);
  context.textBaseline = "alphabetic";
  context.lineJoin = "round";
  context.setLineDash([]);
  new CanvasPainter(context, list, paletteOf(theme)).paint();
}

class CanvasPainter {
  private readonly context: PaintContext;
  private readonly palette: readonly string[];
  private readonly reader: ListReader;
  private fill = -1;
  private stroke = -1;
  private dash = 0;
  private font = "";
  private align = -1;

  constructor(context: PaintContext, list: DisplayList, palette: readonly string[]) {
    this.context = context;
    this.palette = palette;
    this.reader = new ListReader(list);
  }

  paint(): void {
    const { reader } = this;
    while (!reader.done) {
      switch (reader.next()) {
        case Op.rect:
          this.rect();
          break;
        case Op.curve:
          this.curve();
          break;
        case Op.line:
          this.line();
          break;
        case Op.shape:
          this.shape();
          break;
        case Op.text:
          this.text();
          break;
        case Op.hatch:
          this.hatch();
          break;
        case Op.opacity:
          this.context.globalAlpha = Math.max(0, Math.min(1, reader.next()));
          break;
        default:
          throw new Error("unknown operation in a display list");
      }
    }
  }

  private useFill(colour: number): boolean {
    if (colour === 0) return false;
    if (colour !== this.fill) {
      this.context.fillStyle = this.palette[colour] ?? "";
      this.fill = colour;
    }
    return true;
  }

  private useStroke(colour: number, lineWidth: number, dash: number): boolean {
    if (colour === 0 || lineWidth <= 0) return false;
    if (colour !== this.stroke) {
      this.context.strokeStyle = this.palette[colour] ?? "";
      this.stroke = colour;
    }
    this.context.lineWidth = lineWidth;
    if (dash !== this.dash) {
      this.context.setLineDash([...(DASH_PATTERNS[dash] ?? [])]);
      this.dash = dash;
    }
    return true;
  }

  private rect(): void {
    const { reader, context } = this;
    const x = reader.next();
    const y = reader.next();
    const width = reader.next();
    const height = reader.next();
    const radius = reader.next();
    const filled = this.useFill(reader.next());
    const stroked = this.useStroke(reader.next(), reader.next(), reader.next());
    if (radius < 0.75 && !stroked) {
      if (filled) context.fillRect(x, y, width, height);
      return;
    }
    context.beginPath();
    context.roundRect(x, y, width, height, radius);
    if (filled) context.fill();
    if (stroked) context.stroke();
  }

  private curve(): void {
    const { reader, context } = this;
    context.beginPath();
    context.moveTo(reader.next(), reader.next());
    for (let piece = 0; piece < (CURVE_LENGTH - 2) / 6; piece += 1) {
      context.bezierCurveTo(
        reader.next(),
        reader.next(),
        reader.next(),
        reader.next(),
        reader.next(),
        reader.next(),
      );
    }
    if (this.useStroke(reader.next(), reader.next(), reader.next())) context.stroke();
  }

  private line(): void {
    const { reader, context } = this;
    context.beginPath();
    context.moveTo(reader.next(), reader.next());
    context.lineTo(reader.next(), reader.next());
    if (this.useStroke(reader.next(), reader.next(), reader.next())) context.stroke();
  }

  private shape(): void {
    const { reader, context } = this;
    const shape = reader.next();
    const x = reader.next();
    const y = reader.next();
    const radius = reader.next();
    const filled = this.useFill(reader.next());
    const stroked = this.useStroke(reader.next(), reader.next(), 0);
    context.beginPath();
    if (shape === Shape.circle) context.arc(x, y, radius, 0, 2 * Math.PI);
    else traceShape(context, shape, x, y, radius);
    if (filled) context.fill();
    if (stroked) context.stroke();
  }

  private text(): void {
    const { reader, context } = this;
    const x = reader.next();
    const y = reader.next();
    const font = cachedFontOf(reader);
    if (font !== this.font) {
      context.font = font;
      this.font = font;
    }
    const align = reader.next();
    if (align !== this.align) {
      context.textAlign = ALIGNS[align] ?? "left";
      this.align = align;
    }
    const seen = this.useFill(reader.next());
    const text = reader.nextText();
    if (seen) context.fillText(text, x, y);
  }

  private hatch(): void {
    const { reader, context } = this;
    const x = reader.next();
    const y = reader.next();
    const width = reader.next();
    const height = reader.next();
    const seen = this.useStroke(reader.next(), 1.25, 0);
    const distance = reader.next();
    if (!seen) return;
    context.beginPath();
    for (let start = x + distance - height; start < x + width; start += distance) {
      // A line from the bottom left to the top right, cut at the rectangle's sides.
      const left = Math.max(start, x);
      const right = Math.min(start + height, x + width);
      if (left >= right) continue;
      context.moveTo(left, y + height - (left - start));
      context.lineTo(right, y + height - (right - start));
    }
    context.stroke();
  }
}

function cachedFontOf(reader: ListReader): string {
  const size = reader.next();
  return cachedFont(reader.next(), size);
}

function traceShape(context: PaintContext, shape: number, x: number, y: number, radius: number): void {
  const path = SHAPE_PATHS[shape] ?? [];
  for (const stroke of path) {
    for (let i = 0; i < stroke.length; i += 2) {
      const px = x + numberAt(stroke, i) * radius;
      const py = y + numberAt(stroke, i + 1) * radius;
      if (i === 0) context.moveTo(px, py);
      else context.lineTo(px, py);
    }
    if (stroke.length > 4) context.closePath();
  }
}

/** The corners of each shape around its middle, for radius 1; a stroke of two points stays open. */
export const SHAPE_PATHS: Readonly<Record<number, readonly (readonly number[])[]>> = {
  [Shape.square]: [[-0.86, -0.86, 0.86, -0.86, 0.86, 0.86, -0.86, 0.86]],
  [Shape.triangle]: [[0, -1.05, 1, 0.8, -1, 0.8]],
  [Shape.diamond]: [[0, -1.15, 1.15, 0, 0, 1.15, -1.15, 0]],
  [Shape.cross]: [
    [-0.8, -0.8, 0.8, 0.8],
    [-0.8, 0.8, 0.8, -0.8],
  ],
  [Shape.arrowRight]: [[-0.9, -1, 1, 0, -0.9, 1]],
  [Shape.arrowDown]: [[-1, -0.9, 1, -0.9, 0, 1]],
  [Shape.arrowToBar]: [
    [-1, 0, 0.75, 0],
    [0.05, -0.7, 0.75, 0],
    [0.05, 0.7, 0.75, 0],
    [1, -1, 1, 1],
  ],
  [Shape.chevronLeft]: [
    [0.5, -1, -0.5, 0],
    [0.5, 1, -0.5, 0],
  ],
  [Shape.chevronUp]: [
    [-1, 0.5, 0, -0.5],
    [1, 0.5, 0, -0.5],
  ],
  [Shape.arrowLeft]: [[0.9, -1, -1, 0, 0.9, 1]],
  [Shape.flag]: [
    [-0.65, -1.1, -0.65, 1.1],
    [-0.65, -1.1, 1, -0.45, -0.65, 0.2],
  ],
  [Shape.pause]: [
    [-0.8, -0.85, -0.25, -0.85, -0.25, 0.85, -0.8, 0.85],
    [0.25, -0.85, 0.8, -0.85, 0.8, 0.85, 0.25, 0.85],
  ],
};

/** The picture where there is no job yet: a place for one. */
import { Align, Dash, Shape } from "./display-list";
import { TextStyle, type Pen } from "./pen";
import { Colour } from "./theme";

/** Draws three empty places joined by arrows, and a sentence under them. */
export function drawEmpty(pen: Pen): void {
  const { width, height, list } = pen;
  const boxWidth = Math.min(130, width * 0.22);
  const boxHeight = Math.min(56, height * 0.2);
  const gap = boxWidth * 0.4;
  const left = (width - 3 * boxWidth - 2 * gap) / 2;
  const top = height / 2 - boxHeight * 0.8;
  const middle = top + boxHeight / 2;
  for (let place = 0; place < 3; place += 1) {
    const x = left + place * (boxWidth + gap);
    list.rect(x, top, boxWidth, boxHeight, 9, Colour.none, Colour.panelBorder, 1.25, Dash.dashed);
    if (place === 2) break;
    const end = x + boxWidth + gap - 8;
    list.line(x + boxWidth + 6, middle, end - 4, middle, Colour.panelBorder, 1.25, Dash.dashed);
    list.shape(Shape.arrowRight, end - 3, middle, 3.5, Colour.panelBorder, Colour.none, 0);
  }
  const y = top + boxHeight + 16;
  const room = width - 24;
  const style = TextStyle.strong;
  pen.write("No job yet", 12, y, room, 20, 12.5, style, Align.middle, Colour.textMuted);
  const text = "A job that is run is drawn here.";
  pen.write(text, 12, y + 20, room, 18, 11, TextStyle.regular, Align.middle, Colour.textFaint);
}

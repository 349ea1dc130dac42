/**
 * A buffer under the inspector: its bytes as hex and as letters, eight a row, with each record's length prefix, its
 * content, and the record that spans two buffers told apart by ground and underline.
 */
import { html, type TemplateResult } from "lit";
import type { BufferDetail } from "../../engine/protocol";
import { bytes, count } from "../words";

const ROW_BYTES = 8;
/** The length of a record stands before it in so many bytes. */
const PREFIX_BYTES = 4;

type Part = BufferDetail["parts"][number];

export function bufferTitle(detail: BufferDetail): { readonly title: string; readonly where: string } {
  const state = detail.open ? "still open" : "finished";
  return {
    title: detail.event ?? `Buffer ${detail.buffer}`,
    where: `${detail.where} · ${state} · ${bytes(detail.bytes)} of ${bytes(detail.segmentBytes)}`,
  };
}

export function renderBuffer(
  detail: BufferDetail,
  marked: number | null,
  mark: (part: number | null) => void,
): TemplateResult {
  return html`
    <section>
      <h3>Records <span class="note">${count(detail.records)} begin here</span></h3>
      <ol class="parts">
        ${detail.parts.map(
          (part, at) => html`
            <li
              class="${part.what} ${at === marked ? "marked" : ""}"
              @pointerenter=${() => mark(at)}
              @pointerleave=${() => mark(null)}
            >
              <span class="num mono faint">${part.offset}</span>
              <span class="text mono">${part.text ?? partInWords(part, detail)}</span>
              <span class="num faint">${part.length} B</span>
            </li>
          `,
        )}
      </ol>
    </section>
    <section>
      <h3>Bytes <span class="note">${hexNote(detail)}</span></h3>
      <div class="hex mono" tabindex="0" role="region" aria-label="Bytes of the buffer">
        ${hexRows(detail, marked)}
      </div>
      <p class="key">
        <span class="prefix">length prefix</span> <span class="record even">record</span>
        <span class="spans">spans two buffers</span>
      </p>
    </section>
  `;
}

function partInWords(part: Part, { before, after }: BufferDetail): string {
  const from = before === null ? "a buffer that is read already" : `buffer ${before}`;
  const to = after === null ? "a buffer that is still to come" : `buffer ${after}`;
  if (part.what === "rest") return `rest of a record that began in ${from}`;
  if (part.what === "middle") return `middle of a record that began in ${from} and goes on in ${to}`;
  if (part.what === "beginning") return `beginning of a record that goes on in ${to}`;
  return part.what;
}

function hexNote(detail: BufferDetail): string {
  const shown = detail.content.length;
  return shown < detail.bytes ? `the first ${count(shown)} of ${count(detail.bytes)}` : count(shown);
}

function hexRows(detail: BufferDetail, marked: number | null): TemplateResult[] {
  const classes = classOfBytes(detail, marked);
  const rows: TemplateResult[] = [];
  for (let from = 0; from < detail.content.length; from += ROW_BYTES) {
    const row = [...detail.content.subarray(from, from + ROW_BYTES)];
    rows.push(
      html`<div>
        <span class="at">${from.toString(16).padStart(4, "0")}</span>
        <span class="bytes">
          ${row.map((byte, at) => html`<i class=${classes[from + at] ?? ""}>${byte.toString(16).padStart(2, "0")}</i>`)}
        </span>
        <span class="ascii">${row.map(asciiOf).join("")}</span>
      </div>`,
    );
  }
  return rows;
}

/** A byte as a letter, a dot where it is none. */
function asciiOf(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";
}

function classOfBytes(detail: BufferDetail, marked: number | null): readonly string[] {
  const classes = new Array<string>(detail.content.length).fill("");
  detail.parts.forEach((part, at) => {
    const spans = part.text === null;
    for (let place = part.offset; place < Math.min(part.offset + part.length, classes.length); place += 1) {
      // Only what begins here has its prefix here.
      const begins = part.what === "record" || part.what === "beginning";
      const prefix = begins && place < part.offset + PREFIX_BYTES;
      const kind = prefix ? "prefix" : spans ? "spans" : part.what;
      // Neighbours alternate, so that where one record ends and the next begins can be seen.
      classes[place] = `${kind} ${at % 2 === 0 ? "even" : "odd"}${at === marked ? " marked" : ""}`;
    }
  });
  return classes;
}

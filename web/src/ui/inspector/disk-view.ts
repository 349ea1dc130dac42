/** The disk of a TaskManager: its files, who writes and reads them, and what it is asked for. */
import { html, nothing, type TemplateResult } from "lit";
import type { DiskDetail, FileContent } from "../../engine/protocol";
import { bytes, count, counted } from "../words";

type File = DiskDetail["files"][number];

export function renderDisk(disk: DiskDetail): TemplateResult | typeof nothing {
  // In streaming nothing ever comes to the disk.
  if (disk.files.length === 0 && disk.writtenBytes === 0) return nothing;
  return html`
    <section data-test="disk">
      <h3>
        Disk <span class="note">${bytes(disk.bytesPerTick)} a ms, latency ${disk.latencyTicks} ms</span>
      </h3>
      <dl>
        <dt>files</dt>
        <dd>${count(disk.files.length)}, ${bytes(disk.usedBytes)}</dd>
        <dt>written</dt>
        <dd>${bytes(disk.writtenBytes)}</dd>
        <dt>read</dt>
        <dd>${bytes(disk.readBytes)}</dd>
        <dt>asked for</dt>
        <dd>${requestsInWords(disk.requests)}</dd>
      </dl>
    </section>
    ${
      disk.files.length === 0
        ? nothing
        : html`<section>
            <h3>Files</h3>
            <ul class="lines files">
              ${disk.files.map(renderFile)}
            </ul>
          </section>`
    }
  `;
}

function requestsInWords(requests: DiskDetail["requests"]): string {
  const first = requests[0];
  if (first === undefined) return "nothing";
  const next = `${first.read ? "reads" : "writes"} ${bytes(first.bytes)} of ${first.file}`;
  const done = first.doneAt === null ? "" : `, done at tick ${count(first.doneAt)}`;
  return `${counted(requests.length, "request")}; it ${next}${done}`;
}

function renderFile(file: File): TemplateResult {
  const mapped = file.mappedBytes === 0 ? "" : `, ${bytes(file.mappedBytes)} mapped`;
  const dirty = file.dirtyBytes === 0 ? "" : `, ${bytes(file.dirtyBytes)} not on the disk yet`;
  return html`<li>
    <span class="mono">${file.name}</span> <span class="note">${bytes(file.bytes)}${mapped}${dirty}</span>
    ${contentInWords(file.content).map((line) => html`<p class="note">${line}</p>`)}
  </li>`;
}

function contentInWords(content: FileContent): string[] {
  if (content.kind === "sortedRun") return [`a sorted run of input ${content.input} of ${content.task}`];
  const lines = [
    `subpartition ${content.subpartition} of partition ${content.partition} of ${content.producer}, ${content.state}`,
    `${counted(content.dataBuffers, "data buffer")}, ${counted(content.writing, "more to write", "more to write")}`,
  ];
  for (const reader of content.readers) {
    const { consumer, polled, ready, asked } = reader;
    lines.push(
      `${consumer} has taken ${count(polled)} of ${count(reader.count)}; ${count(ready)} ready, ${count(asked)} asked for`,
    );
  }
  return lines;
}

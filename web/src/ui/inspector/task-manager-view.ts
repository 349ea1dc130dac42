/**
 * A TaskManager under the inspector: the tree of its memory by Flink's names and options, the network's memory
 * segments, and the managed memory of each slot.
 */
import { html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { TaskManagerDetail } from "../../engine/protocol";
import { renderDisk } from "./disk-view";
import { bytes, count } from "../words";

/** The group of the metrics of a TaskManager's network. */
const NETTY = "Status.Shuffle.Netty";

type Part = TaskManagerDetail["memory"][number];

export function renderTaskManagerDetail(detail: TaskManagerDetail, pools: unknown): TemplateResult {
  return html`${renderSegments(detail)} ${pools} ${renderDisk(detail.disk)} ${renderMemory(detail.memory)}
  ${renderManaged(detail)}`;
}

/** The NetworkBufferPool, by the metrics of Flink's `Status.Shuffle.Netty`. */
function renderSegments(detail: TaskManagerDetail): TemplateResult {
  const metric = (name: string): number => detail.metrics[`${NETTY}.${name}`] ?? 0;
  const total = metric("TotalMemorySegments");
  const used = metric("UsedMemorySegments");
  const requested = detail.metrics[`${NETTY}.RequestedMemoryUsage`];
  return html`<section data-test="segments">
    <h3>NetworkBufferPool <span class="note">memory segments of ${bytes(detail.segmentBytes)}</span></h3>
    <div
      class="bar"
      role="meter"
      aria-label="Segments in use"
      aria-valuemin="0"
      aria-valuemax=${total}
      aria-valuenow=${used}
      style=${styleMap({ "--share": String(total === 0 ? 0 : used / total) })}
    ></div>
    <dl>
      <dt>in use</dt>
      <dd>${count(used)} of ${count(total)}, ${bytes(metric("UsedMemory"))}</dd>
      <dt>available</dt>
      <dd>${count(metric("AvailableMemorySegments"))}, ${bytes(metric("AvailableMemory"))}</dd>
      ${
        requested === undefined
          ? nothing
          : html`<dt title="What all pools together would like to have">requested</dt>
              <dd>${count(requested)} %</dd>`
      }
    </dl>
  </section>`;
}

function renderMemory(parts: readonly Part[]): TemplateResult {
  const whole = parts[0]?.bytes ?? 0;
  return html`<section>
    <h3>Memory</h3>
    <ul class="memory">
      ${parts.map(
        (part) => html`
          <li
            class=${isTotal(part, parts) ? "total" : ""}
            title="${part.text}${part.option === null ? "" : `, ${part.option}`}"
            style=${styleMap({ "--depth": String(part.depth), "--share": String(whole === 0 ? 0 : part.bytes / whole) })}
          >
            <span class="name">${part.name}</span>
            <span class="num mono">${bytes(part.bytes)}</span>
          </li>
        `,
      )}
    </ul>
  </section>`;
}

/** Whether other parts add up to this one. */
function isTotal(part: Part, parts: readonly Part[]): boolean {
  const next = parts[parts.indexOf(part) + 1];
  return next !== undefined && next.depth > part.depth;
}

function renderManaged(detail: TaskManagerDetail): TemplateResult {
  return html`<section>
    <h3>MemoryManager <span class="note">managed memory, in pages of ${bytes(detail.segmentBytes)}</span></h3>
    <table>
      <thead>
        <tr>
          <th>slot</th>
          <th class="num">in use</th>
          <th class="num">free</th>
          <th class="num">pages</th>
        </tr>
      </thead>
      <tbody>
        ${detail.slots.map(
          ({ pages, free }, slot) => html`
            <tr>
              <td>${slot}</td>
              <td class="num">${count(pages - free)}</td>
              <td class="num">${count(free)}</td>
              <td class="num">${count(pages)}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  </section>`;
}

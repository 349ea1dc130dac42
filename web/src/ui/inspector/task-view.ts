/** A task under the inspector: its state, what comes in, what goes out, its mailbox and its metrics. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { BufferSummary, TaskDetail, Topology } from "../../engine/protocol";
import { ChannelField, type FrameReader } from "../../model/frame-reader";
import { bytes, count, counted } from "../words";
import { inputNote, renderGatePool, renderOutputPool, subpartitionNote } from "./pool-view";

/** `Table` is there for a task that writes into one. */
export const TASK_TABS = ["State", "Table", "Time", "Input", "Output", "Mailbox", "Metrics"] as const;
export type TaskTab = (typeof TASK_TABS)[number];

/** Entries of keyed state that are listed; the rest is counted. */
const STATE_ROWS_MAX = 400;

export type PickBuffer = (channel: number, buffer: number) => void;

export function taskTitle(
  topology: Topology,
  task: number,
): { readonly title: string; readonly where: string } {
  const place = topology.tasks[task];
  if (place === undefined) return { title: `Task ${task}`, where: "no longer deployed" };
  const taskManager =
    topology.taskManagers.find((known) => known.id === place.taskManager)?.name ?? "no TaskManager";
  const vertex = topology.vertices[place.vertex]?.id.slice(0, 8) ?? "";
  return {
    title: place.name,
    where: `${vertex}… · ${taskManager} · slot ${place.slot} · attempt ${place.attempt}`,
  };
}

export function renderTask(
  detail: TaskDetail,
  tab: Exclude<TaskTab, "Time" | "Table">,
  frame: FrameReader,
  pickBuffer: PickBuffer,
): TemplateResult {
  switch (tab) {
    case "State":
      return renderState(detail);
    case "Input":
      return renderInput(detail, frame, pickBuffer);
    case "Output":
      return renderOutput(detail, frame, pickBuffer);
    case "Mailbox":
      return renderMailbox(detail);
    case "Metrics":
      return renderMetrics(detail);
  }
}

function renderState(detail: TaskDetail): TemplateResult {
  const groups = detail.keyGroups;
  return html`
    ${renderChain(detail)}
    <section>
      <h3>
        Keyed state
        ${groups === null ? nothing : html`<span class="note">key groups ${groups.first} to ${groups.last}</span>`}
      </h3>
      ${
        detail.keyedState.length > 0
          ? renderEntries(detail.keyedState)
          : html`<p class="none">
              ${groups === null ? "The task has no keyed input." : "Nothing is stored yet."}
            </p>`
      }
    </section>
  `;
}

function renderChain(detail: TaskDetail): TemplateResult {
  return html`<section>
    <h3>Chain</h3>
    <table>
      <thead>
        <tr>
          <th>operator</th>
          <th class="num">in</th>
          <th class="num">out</th>
        </tr>
      </thead>
      <tbody>
        ${detail.operators.map(
          (operator) =>
            html`<tr title=${operator.id}>
              <td>${operator.name}</td>
              <td class="num">${count(operator.recordsIn)}</td>
              <td class="num">${count(operator.recordsOut)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

/** Entries of keyed state: those that changed in this tick first, so that they are never out of sight. */
function renderEntries(entries: TaskDetail["keyedState"]): TemplateResult {
  const changed = entries.filter((entry) => entry.before !== undefined);
  const rows = [...changed, ...entries.filter((entry) => entry.before === undefined)].slice(
    0,
    STATE_ROWS_MAX,
  );
  // One state's name needs no column: keys and values get its room.
  const isOneState = new Set(entries.map((entry) => `${entry.operator} ${entry.state}`)).size === 1;
  const hasNamespace = entries.some(({ namespace }) => namespace !== "");
  return html`
    ${changed.map(
      (entry) =>
        html`<p class="change" data-test="changed">
          ${entry.key}${entry.namespace === "" ? "" : `, ${entry.namespace},`} changed in this tick:
          ${entry.before === "" ? "none" : entry.before} → ${entry.value}
        </p>`,
    )}
    <table>
      <thead>
        <tr>
          <th class="num">group</th>
          <th>key</th>
          ${hasNamespace ? html`<th>window</th>` : nothing} ${isOneState ? nothing : html`<th>state</th>`}
          <th class="num">${isOneState ? entries[0]?.state : "value"}</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          rows,
          (entry) => `${entry.operator} ${entry.state} ${entry.key} ${entry.namespace}`,
          (entry) => html`
            <tr class=${entry.before === undefined ? "" : "changed"}>
              <td class="num">${entry.keyGroup}</td>
              <td class="mono">${entry.key}</td>
              ${hasNamespace ? html`<td class="mono">${entry.namespace}</td>` : nothing}
              ${isOneState ? nothing : html`<td>${entry.state}</td>`}
              <td class="num mono">${entry.value}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
    ${
      entries.length > rows.length
        ? html`<p class="none">and ${counted(entries.length - rows.length, "more entry", "more entries")}</p>`
        : nothing
    }
  `;
}

function renderInput(detail: TaskDetail, frame: FrameReader, pickBuffer: PickBuffer): TemplateResult {
  if (detail.gates.length === 0) return html`<p class="none">A source has no input gate.</p>`;
  return html`${renderSorting(detail)}${detail.gates.map(
    (gate, at) => html`
      <section>
        <h3>Input gate ${at}</h3>
        ${frame.present ? renderGatePool(frame, detail.task, at) : nothing}
        <ul class="channels">
          ${gate.channels.map(
            (channel) => html`
              <li>
                <span class="from">${channel.from}</span>
                ${bufferRow(channel.channel, channel.buffers, pickBuffer)}
                ${isRemote(frame, channel.channel) ? html`<span class="note">${inputNote(frame, channel.channel)}</span>` : nothing}
              </li>
            `,
          )}
        </ul>
      </section>
    `,
  )}`;
}

function renderOutput(detail: TaskDetail, frame: FrameReader, pickBuffer: PickBuffer): TemplateResult {
  if (detail.outputs.length === 0)
    return html`<p class="none">The chain ends in a sink: nothing goes over the network.</p>`;
  return html`${detail.outputs.map(
    (output, at) => html`
      <section>
        <h3>${output.name} <span class="note">${resultInWords(output.result)}</span></h3>
        ${frame.present ? renderOutputPool(frame, detail.task, at) : nothing}
        <ul class="channels">
          ${output.subpartitions.map(
            (subpartition) => html`
              <li>
                <span class="from">to ${subpartition.to}</span>
                ${bufferRow(subpartition.channel, subpartition.buffers, pickBuffer)}
                <span class="note">
                  ${subpartitionNote(frame, subpartition.channel, isRemote(frame, subpartition.channel))}
                </span>
              </li>
            `,
          )}
        </ul>
      </section>
    `,
  )}`;
}

/** What kind of result it is, and how far a blocking one has come. */
function resultInWords({ resultType, state, fileBytes }: TaskDetail["outputs"][number]["result"]): string {
  return resultType === "BLOCKING" ? `${resultType}, ${state}, ${bytes(fileBytes)} in files` : resultType;
}

/** Inputs that are sorted before the task processes a record. */
function renderSorting({ sorting }: TaskDetail): TemplateResult | typeof nothing {
  if (sorting.length === 0) return nothing;
  return html`${sorting.map(
    ({ input, added, taken, memoryBytes, memoryBytesMax, runs, spilling, sorted }) => html`
      <section data-test="sorting">
        <h3>Input ${input} is sorted by key</h3>
        <dl>
          <dt>records</dt>
          <dd>${count(added)} added, ${count(taken)} given out</dd>
          <dt>in memory</dt>
          <dd>${bytes(memoryBytes)} of ${bytes(memoryBytesMax)} of managed memory</dd>
          <dt>sorted runs</dt>
          <dd>${count(runs)} on the disk${spilling ? ", waits for it to take another one" : ""}</dd>
          <dt>state</dt>
          <dd>${sorted ? "all records are there: they are merged in the order of their keys" : "adding"}</dd>
        </dl>
      </section>
    `,
  )}`;
}

/** A remote channel's receiver has buffers of its own. */
function isRemote(frame: FrameReader, channel: number): boolean {
  return frame.channel(ChannelField.exclusive, channel) + frame.channel(ChannelField.floating, channel) > 0;
}

function bufferRow(
  channel: number,
  buffers: readonly BufferSummary[],
  pickBuffer: PickBuffer,
): TemplateResult {
  if (buffers.length === 0) return html`<span class="none">no buffer</span>`;
  return html`<span class="buffers">
    ${buffers.map((buffer) => {
      const words = buffer.event ?? `${counted(buffer.records, "record")}, ${bytes(buffer.bytes)}`;
      return html`<button
        class="buffer ${buffer.open ? "open" : ""} ${buffer.event === null ? "" : "event"}"
        title="Buffer ${buffer.buffer}${buffer.open ? ", still open" : ""}: ${words}"
        @click=${() => pickBuffer(channel, buffer.buffer)}
      >
        ${buffer.event ?? count(buffer.records)}
      </button>`;
    })}
  </span>`;
}

function renderMailbox(detail: TaskDetail): TemplateResult {
  if (detail.mailbox.length === 0) return html`<p class="none">No mail waits: the task takes its input.</p>`;
  return html`<ol class="mails">
    ${detail.mailbox.map((mail) => html`<li>${mail}</li>`)}
  </ol>`;
}

function renderMetrics(detail: TaskDetail): TemplateResult {
  return html`<table>
    <tbody>
      ${Object.entries(detail.metrics).map(
        ([name, value]) =>
          html`<tr>
            <td>${name}</td>
            <td class="num mono">${Number.isInteger(value) ? count(value) : value.toFixed(2)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

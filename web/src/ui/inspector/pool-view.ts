/**
 * Who holds which memory segments, by Flink's names: the LocalBufferPool of each result partition and of each input
 * gate, and both ends of a channel with its exclusive and floating buffers. All of it is read from the frame.
 */
import { html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { Topology } from "../../engine/protocol";
import {
  ChannelField,
  ChannelFlag,
  GateField,
  OutputField,
  TaskField,
  type FrameReader,
} from "../../model/frame-reader";
import { count, counted } from "../words";

/** Segments that a subpartition may hold before its task waits. Flink: hard-coded since 2.0. */
const SUBPARTITION_MAX = 10;

interface Pool {
  readonly size: number;
  readonly requested: number;
  readonly atHand: number;
  readonly isFull: boolean;
}

/** The pool of a result partition of a task. */
function outputPool(frame: FrameReader, task: number, output: number): Pool {
  const place = frame.task(TaskField.firstOutput, task) + output;
  return {
    size: frame.output(OutputField.size, place),
    requested: frame.output(OutputField.requested, place),
    atHand: frame.output(OutputField.atHand, place),
    isFull: (frame.output(OutputField.flags, place) & 1) !== 0,
  };
}

/** The pool of the floating buffers of an input gate of a task. */
function gatePool(frame: FrameReader, task: number, gate: number): Pool {
  const place = frame.task(TaskField.firstGate, task) + gate;
  return {
    size: frame.gate(GateField.size, place),
    requested: frame.gate(GateField.requested, place),
    atHand: frame.gate(GateField.atHand, place),
    isFull: false,
  };
}

export function renderOutputPool(frame: FrameReader, task: number, output: number): TemplateResult {
  return renderPool(outputPool(frame, task, output), "segments");
}

export function renderGatePool(frame: FrameReader, task: number, gate: number): TemplateResult {
  return renderPool(gatePool(frame, task, gate), "floating buffers");
}

function renderPool(pool: Pool, what: string): TemplateResult {
  const { size, requested, atHand, isFull } = pool;
  const used = requested - atHand;
  const overdraft = Math.max(0, requested - size);
  return html`<div class="pool" data-test="pool">
    <p class="note">
      LocalBufferPool: ${count(used)} of ${count(size)} ${what} in use, ${count(atHand)} at
      hand${overdraft === 0 ? nothing : html`, <b>${count(overdraft)} overdraft</b>`}
    </p>
    <div
      class="bar ${isFull ? "full" : ""}"
      style=${styleMap({ "--share": String(size === 0 ? 0 : Math.min(1, used / size)) })}
    ></div>
    ${isFull ? html`<p class="change">No record may begin: the task waits (back-pressure).</p>` : nothing}
  </div>`;
}

/** What the sender's subpartition holds, in a few words. */
export function subpartitionNote(frame: FrameReader, channel: number, isRemote: boolean): string {
  const field = (name: keyof typeof ChannelField): number => frame.channel(ChannelField[name], channel);
  const used = `${field("used")} of ${SUBPARTITION_MAX} segments`;
  return isRemote ? `${used}, credit ${field("credit")}` : used;
}

/** What the receiver's channel holds, in a few words; none for a local one. */
export function inputNote(frame: FrameReader, channel: number): string {
  const field = (name: keyof typeof ChannelField): number => frame.channel(ChannelField[name], channel);
  return `exclusive ${field("exclusiveFree")} of ${field("exclusive")} free, floating ${field("floatingFree")} of ${field("floating")} free`;
}

/** Both ends of a channel, and what is between them. */
export function renderChannelEnds(frame: FrameReader, topology: Topology, place: number): TemplateResult {
  const channel = topology.channels[place];
  if (channel === undefined || !frame.present) return html``;
  const field = (name: keyof typeof ChannelField): number => frame.channel(ChannelField[name], place);
  const states = [
    frame.isChannel(ChannelFlag.failed, place) ? "failed: the connection is lost" : "",
    frame.isChannel(ChannelFlag.cut, place) ? "the link to the receiver is cut" : "",
    frame.isChannel(ChannelFlag.cutBack, place) ? "the link back to the sender is cut" : "",
    frame.isChannel(ChannelFlag.blocked, place) ? "blocked until the receiver resumes it" : "",
    frame.isChannel(ChannelFlag.ended, place) ? "ended: EndOfPartition was read" : "",
  ].filter((state) => state !== "");
  return html`
    ${
      states.length === 0
        ? nothing
        : html`<section>${states.map((state) => html`<p class="change">${state}</p>`)}</section>`
    }
    <section data-test="sender-end">
      <h3>At the sender</h3>
      <dl>
        <dt>queued</dt>
        <dd>${counted(field("queued"), "buffer")}</dd>
        <dt>segments</dt>
        <dd>${field("used")} of at most ${SUBPARTITION_MAX}</dd>
        ${
          channel.remote
            ? html`<dt title="Data buffers that it may still send">credit</dt>
                <dd>${field("credit")}</dd>`
            : nothing
        }
      </dl>
    </section>
    ${
      channel.remote
        ? html`<section data-test="receiver-end">
            <h3>At the receiver</h3>
            <dl>
              <dt>on the way</dt>
              <dd>${counted(field("inFlight"), "buffer")}</dd>
              <dt>received</dt>
              <dd>${counted(field("received"), "buffer")}</dd>
              <dt>exclusive</dt>
              <dd>${field("exclusive")}, ${field("exclusiveFree")} of them free</dd>
              <dt>floating</dt>
              <dd>${field("floating")} borrowed, ${field("floatingFree")} of them free</dd>
              <dt title="Buffers that the sender said wait there">backlog</dt>
              <dd>${counted(field("backlog"), "buffer")}</dd>
              <dt title="Credit that the sender was not told of yet">unannounced</dt>
              <dd>${field("unannounced")}</dd>
            </dl>
          </section>`
        : nothing
    }
  `;
}

/** The pools of all tasks of a TaskManager. */
export function renderPools(
  frame: FrameReader,
  topology: Topology,
  taskManager: number,
  selectTask: (task: number) => void,
): TemplateResult | typeof nothing {
  if (!frame.present) return nothing;
  const rows = topology.tasks.flatMap((task, place) =>
    task.taskManager === taskManager ? poolsOf(frame, place).map((row) => ({ ...row, task, place })) : [],
  );
  if (rows.length === 0) return nothing;
  return html`<section data-test="pools">
    <h3>LocalBufferPools <span class="note">of result partitions and input gates</span></h3>
    <table>
      <thead>
        <tr>
          <th>of</th>
          <th class="num">in use</th>
          <th class="num">at hand</th>
          <th class="num">size</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, pool, task, place }) => html`
            <tr class=${pool.isFull ? "full" : ""}>
              <td>
                <button class="link" @click=${() => selectTask(place)}>${task.name}</button>
                <span class="note">${name}</span>
              </td>
              <td class="num">${count(pool.requested - pool.atHand)}</td>
              <td class="num">${count(pool.atHand)}</td>
              <td class="num">${count(pool.size)}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  </section>`;
}

function poolsOf(frame: FrameReader, task: number): { readonly name: string; readonly pool: Pool }[] {
  const outputs = Array.from({ length: frame.task(TaskField.outputs, task) }, (_, output) => ({
    name: `output ${output}`,
    pool: outputPool(frame, task, output),
  }));
  const gates = Array.from({ length: frame.task(TaskField.gates, task) }, (_, gate) => ({
    name: `input gate ${gate}`,
    pool: gatePool(frame, task, gate),
  }));
  return [...outputs, ...gates];
}

/** A checkpoint's phases: of each subtask a bar from the trigger to its answer, and the one that was waited for. */
import { html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { CheckpointEntry, Topology } from "../../engine/protocol";
import { checkpointRows, PHASES, type Phase, type SubtaskRow } from "../../model/checkpoints";
import { tableHead } from "../table-head";
import { bytes, count } from "../words";

const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  delay: "waits for its first barrier",
  alignment: "waits for the others (alignment)",
  sync: "takes its snapshot (synchronous)",
  async: "writes it (asynchronous)",
  answer: "its answer travels",
};

/** What tells a subtask from the others: it is never cut. */
const SUBTASK = / \(\d+\/\d+\)$/;

/** Where a click on a subtask leads. */
type SelectTask = (task: number) => void;

export function renderPhases(
  entry: CheckpointEntry,
  tick: number,
  topology: Topology | null,
  select: SelectTask,
): TemplateResult {
  const { rows, extent } = checkpointRows(entry, tick);
  const nameOf = (task: number): string => topology?.tasks[task]?.name ?? `task ${task}`;
  return html`
    <ul class="legend" aria-hidden="true">
      ${PHASES.map((phase) => html`<li><i class="span ${phase}"></i>${PHASE_WORDS[phase]}</li>`)}
      <li>◀ the last one</li>
    </ul>
    <div class="wide">
      <table class="phases">
        ${tableHead([
          "subtask",
          [`${count(extent)} ms from the trigger on`, "bar"],
          "",
          ["alignment", "num"],
          ["size", "num"],
          ["written", "num"],
          [
            "in flight (stored)",
            "num wraps",
            "Processed from the first barrier to the last, and stored with the checkpoint",
          ],
        ])}
        <tbody>
          ${rows.map((row) => renderRow(row, extent, nameOf(row.task), select))}
        </tbody>
      </table>
    </div>
  `;
}

function renderRow(row: SubtaskRow, extent: number, name: string, select: SelectTask): TemplateResult {
  const { task, told, now, straggler } = row;
  return html`<tr class=${straggler ? "straggler" : ""}>
    <td>
      <button class="link name" title=${name} @click=${() => select(task)}>
        <span>${name.replace(SUBTASK, "")}</span><span class="end">${SUBTASK.exec(name)?.[0] ?? ""}</span>
      </button>
    </td>
    <td class="bar">
      ${told === null ? html`<span class="now">${now}${straggler ? " ◀ waited for" : ""}</span>` : renderTrack(row, extent)}
    </td>
    <td>
      ${straggler && told !== null ? html`<span title="The last one" role="img" aria-label="the last one">◀</span>` : nothing}
    </td>
    ${
      told === null
        ? html`<td colspan="4"></td>`
        : html`<td class="num">${told.unaligned ? "unaligned" : `${count(told.alignment)} ms`}</td>
            <td class="num">${bytes(told.size)}</td>
            <td class="num">${bytes(told.written)}</td>
            <td class="num">${bytes(told.processed)} (${bytes(told.inFlight)})</td>`
    }
  </tr>`;
}

function renderTrack({ spans }: SubtaskRow, extent: number): TemplateResult {
  const share = (ticks: number): string => `${(100 * ticks) / extent}%`;
  const words = spans
    .map(({ phase, from, to }) => `${PHASE_WORDS[phase]}: ${count(to - from)} ms`)
    .join("; ");
  return html`<div class="track" role="img" aria-label=${words} title=${words}>
    ${spans.map(
      ({ phase, from, to }) =>
        html`<i class="span ${phase}" style=${styleMap({ left: share(from), width: share(to - from) })}></i>`,
    )}
  </div>`;
}

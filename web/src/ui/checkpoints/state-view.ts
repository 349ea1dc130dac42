/** The state that a checkpoint holds, and what restoring it would change in what the job has now. */
import { html, nothing, type TemplateResult } from "lit";
import type { HeldEntry, HeldState } from "../../engine/protocol";
import { changeCounts, heldRows, readAgain, type Change, type HeldRow } from "../../model/held-state";
import { count, counted } from "../words";

/** Rows that are listed; the rest is counted. */
const ROWS_MAX = 300;

const SIGNS: Readonly<Record<Change, string>> = {
  stays: "",
  changes: "≠",
  returns: "+",
  goes: "−",
  given: "",
};
const CHANGE_WORDS: Readonly<Record<Change, string>> = {
  stays: "stays as it is",
  changes: "would be as it was then",
  returns: "would come back",
  goes: "would be forgotten",
  given: "would be given back to its operator",
};

export interface HeldChoice {
  /** Only what would change. */
  readonly onlyChanges: boolean;
  readonly choose: (onlyChanges: boolean) => void;
}

export function renderHeld(state: HeldState, choice: HeldChoice): TemplateResult {
  if (state.error !== "") return html`<p class="failed">It cannot be read: ${state.error}</p>`;
  const all = heldRows(state);
  const rows = choice.onlyChanges ? all.filter(({ change }) => change !== "stays") : all;
  return html`
    <p class="sentence" data-test="restore-sentence">${restoringInWords(all)}</p>
    <label class="choice"
      ><input
        type="checkbox"
        .checked=${choice.onlyChanges}
        @change=${(event: Event) => choice.choose((event.target as HTMLInputElement).checked)}
      />only what would change</label
    >
    ${rows.length === 0 ? nothing : renderTable(rows.slice(0, ROWS_MAX))}
    ${rows.length > ROWS_MAX ? html`<p class="none">and ${counted(rows.length - ROWS_MAX, "more entry", "more entries")}</p>` : nothing}
  `;
}

/** In a sentence, what restoring would do. */
export function restoringInWords(rows: readonly HeldRow[]): string {
  const counts = changeCounts(rows);
  const parts = [
    [counts.changes, "set back"],
    [counts.returns, "brought back"],
    [counts.goes, "forgotten"],
  ] as const;
  const changed = parts.filter(([number]) => number > 0);
  if (rows.length === 0) return "It holds nothing, and there is nothing now.";
  if (changed.length === 0)
    return `Restoring it would change nothing: ${counted(rows.length, "entry is", "entries are")} as they were.`;
  const said = changed.map(([number, verb]) => `${counted(number, "entry", "entries")} ${verb}`).join(", ");
  const sources = readAgain(rows);
  const again = sources.map(({ name, records }) => `${name} reads ${counted(records, "record")} again`);
  return `Restored now: ${said}; ${count(counts.stays)} as they are.${again.length === 0 ? "" : ` ${again.join(", ")}.`}`;
}

function renderTable(rows: readonly HeldRow[]): TemplateResult {
  return html`<div class="wide">
    <table class="held" data-test="held-state">
      <thead>
        <tr>
          <th><span class="unseen">change</span></th>
          <th>operator</th>
          <th>state</th>
          <th>key</th>
          <th>in the checkpoint</th>
          <th>now</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ entry, then, now, change }) =>
            html`<tr class=${change}>
              <td title=${CHANGE_WORDS[change]}>
                ${SIGNS[change]}<span class="unseen">${CHANGE_WORDS[change]}</span>
              </td>
              <td>${entry.operator}${entry.subtask === null ? "" : ` (${entry.subtask + 1})`}</td>
              <td>${stateInWords(entry)}</td>
              <td class="mono">
                ${entry.key}${entry.namespace === "" ? nothing : html` <span class="note">${entry.namespace}</span>`}
              </td>
              <td class="mono value">${then ?? "–"}</td>
              <td class="mono value">
                ${now ?? (change === "given" ? html`<span class="note">not told</span>` : "–")}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function stateInWords({ kind, name, keyGroup, subtask }: HeldEntry): string {
  switch (kind) {
    case "keyed":
      return `${name}, key group ${keyGroup}`;
    case "timer":
      return `timer, ${name}`;
    case "split":
      return subtask === null ? "split that nobody has yet" : "position";
    case "list":
      return `${name}, list`;
    case "inFlight":
      return `buffers in flight, ${name}`;
    case "master":
      return `${name}, hook`;
  }
}

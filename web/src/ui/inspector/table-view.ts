/**
 * The tables that a task writes into, as two readers of the external system see them: one that sees committed rows only,
 * and one that sees all that was ever written.
 */
import { html, nothing, type TemplateResult } from "lit";
import { tableRows, type TableRow, type WrittenRow } from "../../model/table-readers";
import type { StdoutLog } from "../stdout-log";
import { count, counted } from "../words";

/** What the view of all rows of a table is called after the table's name. */
const ALL = " (all)";
/** The newest rows of each table that are listed. */
const ROWS_MAX = 300;
/** The newest rows among which what was committed is looked for. */
const LOOKED_AT_MAX = 3000;

/** The tables that a task has written into. */
export function tablesOf(log: StdoutLog, task: number): string[] {
  const writes = (stream: string): boolean => {
    const lines = log.count(stream);
    for (let at = lines - 1; at >= Math.max(0, lines - LOOKED_AT_MAX); at -= 1) {
      if (log.line(stream, at)?.task === task) return true;
    }
    return false;
  };
  const views = log.streams().filter((stream) => stream.endsWith(ALL));
  return views.filter(writes).map((stream) => stream.slice(0, -ALL.length));
}

export function renderTables(
  log: StdoutLog,
  tables: readonly string[],
  goTo: (tick: number) => void,
): TemplateResult {
  return html`${tables.map((table) => renderTable(log, table, goTo))}`;
}

function renderTable(log: StdoutLog, table: string, goTo: (tick: number) => void): TemplateResult {
  const all = newest(log, `${table}${ALL}`);
  const rows = tableRows(all, newest(log, table));
  // The newest are what is looked for.
  const shown = rows.slice(-ROWS_MAX).reverse();
  const lost = rows.filter((row) => row.lost).length;
  const committed = log.count(table);
  return html`<section data-test="table-readers">
    <h3>
      Table ${table}
      <span class="note">
        ${count(committed)} of ${counted(log.count(`${table}${ALL}`), "row")}
        committed${lost === 0 ? "" : `, ${count(lost)} lost with ${lost === 1 ? "its transaction" : "their transactions"} and written again`}
      </span>
    </h3>
    ${shown.length < rows.length ? html`<p class="none">The newest ${count(shown.length)} rows.</p>` : nothing}
    <table>
      <thead>
        <tr>
          <th class="num">tick</th>
          <th>who sees all</th>
          <th>who sees what is committed</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map((row) => renderRow(row, goTo))}
      </tbody>
    </table>
  </section>`;
}

function renderRow(row: TableRow, goTo: (tick: number) => void): TemplateResult {
  const { text, tick, committed, lost } = row;
  return html`<tr>
    <td class="num">
      <button class="link" title="Go to where it was written" @click=${() => goTo(tick)}>
        ${count(tick)}
      </button>
    </td>
    <td class="mono">${lost ? html`<s>${text}</s>` : text}</td>
    <td class="mono">
      ${
        committed === null
          ? html`<span class="note">${lost ? "✕ never: lost" : "… not yet"}</span>`
          : html`${text}
              <span class="note">
                ✓ at
                <button class="link" @click=${() => goTo(committed)}>${count(committed)}</button>
              </span>`
      }
    </td>
  </tr>`;
}

function newest(log: StdoutLog, stream: string): WrittenRow[] {
  const lines = log.count(stream);
  const from = Math.max(0, lines - LOOKED_AT_MAX);
  return Array.from({ length: lines - from }, (_, at) => log.line(stream, from + at)).filter(
    (line) => line !== undefined,
  );
}

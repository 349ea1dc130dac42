/** The head of a table: a cell for each column. */
import { html, type TemplateResult } from "lit";

/** A column's title; with its class, and what is to be said of it. */
type Column = string | readonly [title: string, looks: string, says?: string];

export function tableHead(columns: readonly Column[]): TemplateResult {
  return html`<thead>
    <tr>
      ${columns.map((column) => {
        const [title, looks, says = ""] = typeof column === "string" ? [column, ""] : column;
        return html`<th scope="col" class=${looks} title=${says}>${title}</th>`;
      })}
    </tr>
  </thead>`;
}

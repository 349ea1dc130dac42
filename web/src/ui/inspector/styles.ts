/** The inspector's looks: dense tables, marked changes, hex. */
import { css } from "lit";

export const inspectorStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    min-width: 0;
    background: var(--panel);
  }
  header {
    padding: 12px var(--inset) 8px;
  }
  h2 {
    font-size: 15px;
    font-weight: 650;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  h3 {
    margin-bottom: 6px;
    font-size: var(--text-small);
    font-weight: 650;
  }
  .where {
    margin-top: 2px;
    color: var(--ink-faint);
    font-size: var(--text-tiny);
    overflow-wrap: anywhere;
  }
  hr {
    flex: none;
    width: 100%;
    margin: 0;
    border: 0;
    border-top: 1px solid var(--line);
  }
  [role="tablist"] {
    gap: 2px 10px;
  }
  .body {
    flex: 1;
    min-height: 0;
    overflow: auto;
    overscroll-behavior: contain;
  }
  section {
    padding: 12px var(--inset);
  }
  section + section {
    border-top: 1px solid var(--line);
  }
  .none {
    color: var(--ink-faint);
    font-size: var(--text-small);
  }
  .body > .none {
    padding: 12px var(--inset);
  }
  .note {
    margin-inline-start: 6px;
    color: var(--ink-faint);
    font-weight: 400;
    font-size: var(--text-tiny);
  }
  table {
    width: calc(100% + 12px);
    margin-inline: -6px;
    border-collapse: collapse;
    font-size: var(--text-small);
  }
  th {
    color: var(--ink-faint);
    font-weight: 400;
    font-size: var(--text-tiny);
    text-align: start;
  }
  th,
  td {
    padding: 2px 6px;
    overflow-wrap: anywhere;
    vertical-align: top;
  }
  .num {
    text-align: end;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  td.num.mono {
    white-space: normal;
  }
  tr.changed {
    background: var(--mark);
    font-weight: 650;
  }
  .change {
    margin-top: 8px;
    color: var(--mark-ink);
    font-size: var(--text-small);
  }
  dl {
    display: grid;
    grid-template-columns: minmax(88px, auto) 1fr;
    gap: 3px 12px;
    font-size: var(--text-small);
  }
  dl + dl {
    margin-top: 10px;
  }
  dt {
    color: var(--ink-faint);
  }
  dd {
    overflow-wrap: anywhere;
  }
  code {
    font: var(--text-tiny) var(--mono);
  }
  .bar {
    height: 8px;
    margin-bottom: 8px;
    border: 1px solid var(--line-strong);
    border-radius: 4px;
    background: linear-gradient(
      to right,
      var(--accent) calc(var(--share) * 100%),
      var(--sunken) calc(var(--share) * 100%)
    );
  }
  .bar.full {
    --accent: var(--warn);
  }
  .pool {
    margin-bottom: 8px;
  }
  .pool .note {
    margin: 0 0 3px;
  }
  .pool b {
    color: var(--warn);
  }
  tr.full td.num {
    color: var(--warn);
    font-weight: 650;
  }
  .memory {
    font-size: var(--text-small);
  }
  .memory li {
    position: relative;
    display: flex;
    justify-content: space-between;
    gap: 8px;
    padding: 1px 4px 1px calc(4px + var(--depth) * 12px);
  }
  .memory .total {
    font-weight: 650;
  }
  /* Its share of the process, under its line. */
  .memory li::after {
    position: absolute;
    inset-block-end: 0;
    inset-inline-start: 0;
    width: calc(var(--share) * 100%);
    height: 2px;
    background: color-mix(in srgb, var(--accent) 45%, transparent);
    content: "";
  }
  .files p.note {
    margin: 0;
  }
  .lines li + li {
    margin-top: 4px;
  }
  .verdict {
    margin-bottom: 6px;
    font-weight: 650;
  }
  .verdict.yes {
    color: var(--good);
  }
  .verdict.no {
    color: var(--warn);
  }
  .channels li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1.2fr);
    gap: 4px 8px;
    align-items: center;
    min-height: 30px;
    font-size: var(--text-small);
  }
  .channels .note {
    grid-column: 2;
    margin: 0;
  }
  .from {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .buffers {
    display: flex;
    flex-wrap: wrap;
    gap: 3px;
  }
  .buffer {
    min-height: 22px;
    min-width: 26px;
    padding: 0 5px;
    border: 1px solid var(--line-strong);
    border-radius: 3px;
    font: var(--text-tiny) var(--mono);
  }
  .buffer.open {
    border-style: dashed;
  }
  .buffer.event {
    border-color: currentcolor;
    background: var(--panel);
    font-family: var(--sans);
  }
  .mails {
    padding: 12px var(--inset) 12px calc(var(--inset) + 20px);
    list-style: decimal;
    font-size: var(--text-small);
  }
  .body > table {
    width: calc(100% - 2 * var(--inset) + 12px);
    margin: 8px calc(var(--inset) - 6px);
  }
  .parts {
    max-height: 240px;
    overflow: auto;
    font-size: var(--text-small);
  }
  .parts li {
    display: grid;
    grid-template-columns: 5ch 1fr auto;
    gap: 8px;
    padding: 1px 4px;
    border-radius: 3px;
  }
  .parts .text {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .parts .rest .text,
  .parts .middle .text,
  .parts .beginning .text {
    color: var(--mark-ink);
    font-family: var(--sans);
    white-space: normal;
  }
  .parts .marked {
    background: var(--accent-soft);
  }
  .hex {
    max-height: 360px;
    overflow: auto;
    font-size: var(--text-tiny);
    line-height: 1.6;
  }
  .hex div {
    display: flex;
    gap: 10px;
  }
  .hex .at,
  .hex .ascii {
    color: var(--ink-faint);
    white-space: pre;
  }
  .hex .bytes {
    display: flex;
    flex: 0 0 184px;
  }
  .hex i {
    flex: 0 0 23px;
    font-style: normal;
    text-align: center;
  }
  .record.even {
    background: color-mix(in srgb, var(--accent) 8%, transparent);
  }
  .record.odd {
    background: color-mix(in srgb, var(--accent) 18%, transparent);
  }
  .prefix {
    color: var(--accent);
    font-weight: 700;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .spans,
  i.rest {
    background: var(--mark);
    color: var(--mark-ink);
    text-decoration: underline dotted;
    text-underline-offset: 2px;
  }
  i.event {
    background: var(--good-soft);
  }
  i.marked {
    box-shadow:
      inset 0 -2px var(--accent),
      inset 0 2px var(--accent);
  }
  .key {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 14px;
    margin-top: 8px;
    font-size: var(--text-tiny);
  }
  .key span {
    padding: 0 4px;
  }
`;

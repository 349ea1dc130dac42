/** The checkpoint view's looks: each phase has a colour and a form of its own. */
import { css } from "lit";

export const checkpointStyles = css`
  :host {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 28px;
    align-content: flex-start;
    min-height: 0;
    overflow: auto;
    padding: 6px var(--inset) 12px;
    font-size: var(--text-small);
  }
  .history {
    flex: 0 1 auto;
    max-width: min(100%, 600px);
    min-width: 0;
  }
  .entry {
    flex: 1 1 420px;
    min-width: 0;
  }
  /* Where there is little room, a table scrolls by itself, and the words stay. */
  .wide {
    overflow-x: auto;
    overscroll-behavior-x: contain;
  }
  .empty {
    padding-block: 4px;
    color: var(--ink-faint);
  }
  .asks {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 8px;
    align-items: center;
    margin-bottom: 6px;
  }
  .asks label,
  .choice {
    display: inline-flex;
    gap: 5px;
    align-items: center;
  }
  .file span {
    display: inline-flex;
    align-items: center;
    min-height: 28px;
    padding: 0 10px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--sunken);
    cursor: pointer;
  }
  .file:hover span {
    border-color: var(--line-strong);
  }
  .file:focus-within span {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .asks input[type="text"] {
    width: 22ch;
  }
  .said {
    color: var(--ink-soft);
  }
  .sentence {
    max-width: 70ch;
  }
  code {
    font-family: var(--mono);
  }
  .entry > [role="tablist"] {
    min-height: 28px;
    padding: 0;
    margin-bottom: 4px;
  }
  .entry [role="tab"] {
    min-height: 28px;
  }
  .held .value {
    max-width: 30ch;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .held .changes td:first-child {
    color: var(--mark-ink);
  }
  .held .returns td:first-child {
    color: var(--good);
  }
  .held .goes td:first-child {
    color: var(--bad);
  }
  .held .changes,
  .held .returns,
  .held .goes {
    background: var(--mark);
  }
  .held .stays {
    color: var(--ink-faint);
  }
  .tree ul {
    padding-inline-start: 16px;
  }
  .tree summary,
  .tree li li {
    padding-block: 1px;
    color: var(--ink-faint);
  }
  .tree .own,
  .tree li.own {
    color: var(--ink);
  }
  .tree .own > .mono {
    font-weight: 650;
  }
  .hex {
    max-height: 12em;
    margin: 2px 0 6px;
    padding: 4px 8px;
    overflow: auto;
    background: var(--sunken);
    color: var(--ink-soft);
    font-size: var(--text-tiny);
  }
  .tree .shared {
    color: var(--good);
  }
  .counts,
  .none,
  .note,
  .now {
    color: var(--ink-faint);
  }
  h3 {
    font-size: var(--text-small);
  }
  .note {
    font-weight: 400;
  }
  table {
    margin-top: 4px;
    border-collapse: collapse;
  }
  .phases {
    width: 100%;
  }
  th,
  td {
    padding: 2px 14px 2px 0;
    text-align: start;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  th {
    color: var(--ink-faint);
    font-weight: 400;
    vertical-align: bottom;
  }
  .phases :is(th, td) {
    padding-inline-end: 9px;
  }
  .phases tr > :last-child {
    padding-inline-end: 2px;
  }
  .num {
    text-align: end;
  }
  .wraps {
    white-space: normal;
  }
  .mono {
    font-family: var(--mono);
  }
  tr.chosen {
    background: var(--accent-soft);
  }
  .completed {
    color: var(--good);
  }
  .failed {
    color: var(--bad);
  }
  button.name {
    display: inline-flex;
    vertical-align: bottom;
    max-width: min(22ch, 34vw);
    white-space: nowrap;
  }
  button.name > .end {
    flex: none;
    white-space: pre;
  }
  button.name > :first-child {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .straggler td {
    font-weight: 650;
  }
  .phases .bar {
    width: 60%;
    min-width: 110px;
  }
  .phases th.bar {
    white-space: normal;
  }
  .track {
    position: relative;
    height: 12px;
    border-bottom: 1px solid var(--line);
  }
  .span {
    position: absolute;
    top: 0;
    bottom: 0;
    min-width: 1px;
    --barrier: light-dark(#a21caf, #e879f9);
  }
  .span.delay {
    top: 5px;
    bottom: 5px;
    background: var(--line-strong);
  }
  .span.alignment {
    border: 1px solid var(--barrier);
    background: repeating-linear-gradient(135deg, var(--barrier) 0 1.5px, transparent 1.5px 5px);
  }
  .span.sync {
    background: var(--warn);
  }
  .span.async {
    background: var(--accent);
    opacity: 0.75;
  }
  .span.answer {
    top: 4px;
    bottom: 4px;
    border-bottom: 2px dotted var(--line-strong);
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 14px;
    color: var(--ink-faint);
    font-size: var(--text-tiny);
  }
  .legend li {
    display: inline-flex;
    gap: 6px;
    align-items: center;
  }
  .legend .span {
    position: relative;
    width: 18px;
    height: 10px;
  }
  .legend .span.delay {
    top: 0;
    height: 2px;
  }
  .legend .span.answer {
    top: -3px;
    height: 4px;
  }
`;

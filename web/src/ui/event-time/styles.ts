/** The event-time view's looks. */
import { css } from "lit";

export const eventTimeStyles = css`
  .head select {
    max-width: 34ch;
  }
  .legend {
    flex: 0 1 640px;
    width: 640px;
    height: 32px;
    min-width: 0;
  }
  .head button {
    margin-inline-start: auto;
  }
  .chart {
    position: relative;
    flex: 1;
    min-height: 90px;
    touch-action: pan-y;
    cursor: crosshair;
  }
  .chart:focus-visible {
    outline-offset: -2px;
  }
  .plot {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
  }
  .chart.grip {
    cursor: ns-resize;
  }
  /* Said to those who do not see, and to those who come with keys. */
  .keys {
    display: none;
    flex: none;
    padding: 0 var(--inset) 6px;
    color: var(--ink-faint);
    font-size: var(--text-tiny);
  }
  .chart:focus-visible ~ .keys {
    display: block;
  }
  .moves {
    display: flex;
    flex: none;
    flex-wrap: wrap;
    gap: 2px 20px;
    max-height: 4.5em;
    overflow: auto;
    padding: 0 var(--inset) 6px;
    color: var(--ink-soft);
    font-size: var(--text-small);
    list-style: none;
  }
  .tables {
    flex: 1;
    min-height: 0;
    overflow: auto;
    padding: 4px var(--inset) 12px;
    font-size: var(--text-small);
  }
  table {
    margin-top: 8px;
    border-collapse: collapse;
  }
  caption {
    padding: 4px 0;
    font-weight: 650;
    text-align: start;
  }
  th,
  td {
    padding: 2px 16px 2px 0;
    text-align: start;
    vertical-align: top;
    font-variant-numeric: tabular-nums;
  }
  th {
    color: var(--ink-faint);
    font-weight: 400;
  }
  td form {
    display: flex;
    gap: 6px;
  }
  td input {
    width: 22ch;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .num {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .mono {
    font-family: var(--mono);
  }
`;

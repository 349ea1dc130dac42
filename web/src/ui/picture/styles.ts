/** The picture's looks. */
import { css } from "lit";

export const pictureStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    min-width: 0;
    background: var(--ground);
  }
  .head {
    display: flex;
    flex: none;
    border-bottom: 1px solid var(--line);
  }
  .head [role="tablist"] {
    flex: 1;
    min-width: 0;
    border: 0;
  }
  .tools {
    display: flex;
    align-items: center;
    padding-inline-end: 8px;
    color: var(--ink-soft);
    font-size: var(--text-small);
  }
  .tools button {
    padding: 0 8px;
  }
  .percent {
    min-width: 58px;
    font-variant-numeric: tabular-nums;
  }
  .short {
    display: none;
  }
  @container (max-width: 520px) {
    .zoom:not(.percent),
    .long {
      display: none;
    }
    .short {
      display: inline;
    }
    .tools button {
      padding: 0 5px;
    }
    .percent {
      min-width: 46px;
    }
  }
  .tools [aria-pressed="true"] {
    background: var(--accent-soft);
    color: var(--accent);
  }
  .stage {
    flex: 1;
    position: relative;
    min-height: 120px;
    overflow: hidden;
  }
  canvas {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    cursor: grab;
    touch-action: pan-y;
  }
  canvas.own {
    touch-action: none;
  }
  canvas:active {
    cursor: grabbing;
  }
  canvas:focus-visible {
    outline-offset: -2px;
  }
  weir-wreck,
  .table {
    position: absolute;
    inset: 0;
    overflow: auto;
  }
  table {
    min-width: 100%;
    border-collapse: collapse;
    font-size: var(--text-small);
  }
  th:first-child {
    padding-inline-start: var(--inset);
  }
  caption {
    padding: 10px var(--inset) 6px;
    color: var(--ink-faint);
    text-align: start;
  }
  th,
  td {
    padding: 4px 10px;
    border-bottom: 1px solid var(--line);
    font-weight: 400;
    text-align: start;
    vertical-align: top;
    font-variant-numeric: tabular-nums;
  }
  td {
    white-space: nowrap;
  }
  tbody th {
    min-width: 17ch;
  }
  thead th {
    position: sticky;
    inset-block-start: 0;
    background: var(--ground);
    color: var(--ink-faint);
    font-size: var(--text-tiny);
  }
  tr[aria-selected="true"] {
    background: var(--accent-soft);
  }
  .sentence {
    flex: none;
    min-height: 44px;
    max-height: 30%;
    padding: 6px var(--inset) 10px;
    overflow: auto;
  }
  .sentence span {
    white-space: pre-line;
  }
  /* Room for the longest text, so that the picture keeps its size when the words change. */
  @container (min-width: 720px) {
    .sentence {
      min-height: 112px;
    }
  }
  .tip {
    position: absolute;
    z-index: 3;
    display: flex;
    flex-direction: column;
    max-width: min(280px, 80%);
    padding: 6px 9px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: var(--panel);
    box-shadow: 0 4px 14px rgb(0 0 0 / 0.14);
    font-size: var(--text-small);
    pointer-events: none;
  }
  .tip.left {
    left: calc(var(--x) + 14px);
  }
  .tip.right {
    right: calc(var(--x) + 14px);
  }
  .tip.below {
    top: calc(var(--y) + 14px);
  }
  .tip.above {
    bottom: calc(var(--y) + 14px);
  }
  .tip span {
    color: var(--ink-soft);
  }
  .waiting,
  .empty {
    position: absolute;
    inset: 0;
    display: flex;
    gap: 10px;
    align-items: center;
    justify-content: center;
    padding: 20px;
    color: var(--ink-soft);
    text-align: center;
    pointer-events: none;
  }
  .spin {
    width: 16px;
    height: 16px;
    border: 2px solid var(--line);
    border-top-color: var(--accent);
    border-radius: 50%;
    animation: spin 0.8s linear infinite;
  }
  @keyframes spin {
    to {
      rotate: 1turn;
    }
  }
`;

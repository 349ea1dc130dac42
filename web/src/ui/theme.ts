/**
 * Colours, type and measures of the lab, as CSS variables of the host: the panels below use only these.
 *
 * `light-dark()` picks by `color-scheme`, which follows the system unless the theme is set; so the whole
 * of the theme is one property on the host. Text on its ground has a contrast of 4.5 : 1 or more.
 */
import { css } from "lit";

export const tokens = css`
  :host {
    color-scheme: light dark;
    --ground: light-dark(#faf9f6, #14171b);
    --panel: light-dark(#ffffff, #1b1f24);
    --sunken: light-dark(#f3f1ec, #101317);
    --line: light-dark(#dfdbd1, #2f353c);
    --line-strong: light-dark(#8b857a, #6d7682);
    --ink: light-dark(#1c2128, #e7e5df);
    --ink-soft: light-dark(#4a5260, #b3bac4);
    --ink-faint: light-dark(#656d79, #949daa);
    --accent: light-dark(#1d4ed8, #8db4ff);
    --accent-fill: light-dark(#1d4ed8, #2f5fd0);
    --accent-soft: light-dark(#eaf1ff, #1e2c47);
    --on-accent: #ffffff;
    --good: light-dark(#12763a, #62cf8d);
    --good-soft: light-dark(#e7f5ec, #16301f);
    --warn: light-dark(#b4450a, #f5a26b);
    --warn-soft: light-dark(#fdf0e6, #38230f);
    --bad: light-dark(#b3261e, #ff938a);
    --bad-soft: light-dark(#fdecea, #3b1a18);
    --mark: light-dark(#fdf5dc, #37300f);
    --mark-ink: light-dark(#7a5200, #ecc765);
    --sans:
      system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif;
    --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
    --text: 13px;
    --text-small: 12px;
    --text-tiny: 11px;
    --gap: 8px;
    --inset: 14px;
    --bar: 44px;
    --radius: 6px;
  }
  :host([theme="light"]) {
    color-scheme: light;
  }
  :host([theme="dark"]) {
    color-scheme: dark;
  }
`;

/** What every shadow root of the lab starts from: type, buttons, fields, focus. */
export const base = css`
  :host {
    font: 400 var(--text) / 1.45 var(--sans);
    color: var(--ink);
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  pre {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  button {
    min-height: 28px;
    padding: 0 10px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--sunken);
    cursor: pointer;
    white-space: nowrap;
  }
  button:hover:not(:disabled) {
    border-color: var(--line-strong);
  }
  button:disabled {
    cursor: default;
    opacity: 0.45;
  }
  button.primary {
    border-color: transparent;
    background: var(--accent-fill);
    color: var(--on-accent);
    font-weight: 600;
  }
  button.plain {
    border-color: transparent;
    background: none;
  }
  button.link {
    min-height: 0;
    padding: 0;
    border: 0;
    background: none;
    color: var(--accent);
    text-decoration: underline;
    text-underline-offset: 2px;
    white-space: normal;
    text-align: start;
  }
  select,
  input:is([type="text"], [type="number"], [type="search"]) {
    min-height: 28px;
    min-width: 0;
    padding: 0 8px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: var(--panel);
  }
  input[type="range"] {
    accent-color: var(--accent-fill);
    min-width: 0;
    margin: 0;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .mono {
    font-family: var(--mono);
    font-variant-numeric: tabular-nums;
  }
  .faint {
    color: var(--ink-faint);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (pointer: coarse) {
    button:not(.link),
    select,
    input:is([type="text"], [type="number"], [type="search"]) {
      min-height: 40px;
      min-width: 40px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      transition: none !important;
      animation: none !important;
      scroll-behavior: auto !important;
    }
  }
`;

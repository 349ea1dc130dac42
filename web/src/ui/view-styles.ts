/** How a view under the timeline's tabs is laid out: a head with its choices, a picture, and words below. */
import { css } from "lit";

export const viewStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  .head {
    display: flex;
    flex: none;
    flex-wrap: wrap;
    gap: 4px 12px;
    align-items: center;
    padding: 5px var(--inset) 3px;
    font-size: var(--text-small);
  }
  .words,
  .empty {
    flex: none;
    padding: 2px var(--inset) 6px;
    color: var(--ink-soft);
    font-size: var(--text-small);
  }
  .empty {
    padding-block: 10px;
    color: var(--ink-faint);
  }
`;

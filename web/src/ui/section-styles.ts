/** How a list of the timeline is laid out that has sections beside each other; where there is little room, below. */
import { css } from "lit";

export const sectionStyles = css`
  :host {
    display: grid;
    min-height: 0;
    font-size: var(--text-small);
  }
  section {
    min-width: 0;
    min-height: 0;
    padding: 8px var(--inset) 10px;
    overflow: auto;
  }
  section + section {
    border-inline-start: 1px solid var(--line);
  }
  h3 {
    margin-bottom: 6px;
    font-size: var(--text-small);
    font-weight: 650;
  }
  h3:not(:first-child) {
    margin-top: 12px;
  }
  p {
    color: var(--ink-faint);
  }
  @container (max-width: 1080px) {
    :host {
      display: block;
      overflow: auto;
    }
    section {
      overflow: visible;
    }
    section + section {
      border-inline-start: 0;
      border-block-start: 1px solid var(--line);
    }
  }
`;

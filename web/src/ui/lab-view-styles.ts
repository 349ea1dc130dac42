/** Where the lab's panels stand. */
import { css } from "lit";

export const labViewStyles = css`
  :host {
    display: block;
  }
  .shell {
    display: flex;
    flex-direction: column;
    height: 100%;
    min-height: 0;
    outline: none;
  }
  .middle {
    flex: 1;
    display: flex;
    min-height: 0;
    min-width: 0;
  }
  .middle > * {
    min-width: 0;
    min-height: 0;
  }
  weir-picture {
    flex: 1;
  }
  .left {
    flex: 0 0 330px;
    display: flex;
    flex-direction: column;
    border-inline-end: 1px solid var(--line);
    background: var(--panel);
  }
  .left weir-job-pane {
    flex: 3 1 0;
  }
  .left weir-output {
    flex: 2 1 0;
    border-top: 1px solid var(--line);
  }
  /* Above a high list, the code keeps some lines. */
  .shell:has(weir-timeline[tall]) .left {
    --notes: 76px;
  }
  .shell:has(weir-timeline[tall]) weir-output {
    flex-grow: 1;
  }
  weir-inspector {
    flex: 0 0 330px;
    border-inline-start: 1px solid var(--line);
  }
  weir-timeline {
    flex: 0 0 158px;
  }
  weir-timeline[tall] {
    flex-basis: min(300px, 38%);
  }
  .medium .left {
    flex-basis: 310px;
  }
  .medium .left > :not([role="tablist"]) {
    flex: 1 1 0;
    border: 0;
  }
  .narrow .middle > * {
    flex: 1 1 auto;
    border: 0;
  }
`;

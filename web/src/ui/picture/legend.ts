/** The legend: each sign of the picture beside its word. */
import { css, html, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import type { Theme } from "../../draw";

export const legendStyles = css`
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 16px;
    padding: 6px var(--inset) 0;
    color: var(--ink-faint);
    font-size: var(--text-tiny);
  }
  .legend li {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    white-space: nowrap;
  }
  /* Where there is little room, it is found in the help. */
  @container (max-width: 520px) {
    .picture.legend {
      display: none;
    }
  }
  .legend svg {
    flex: none;
  }
`;

export function renderLegend(theme: Theme, place: "picture" | "help"): TemplateResult {
  const entry = (words: string, width: number, sign: SVGTemplateResult): TemplateResult =>
    html`<li>
      <svg width=${width} height="14" viewBox="0 0 ${width} 14" aria-hidden="true">${sign}</svg>${words}
    </li>`;
  const box = (dash: string): SVGTemplateResult =>
    svg`<rect x="1" y="1.5" width="24" height="11" rx="2" fill=${theme.buffer} stroke=${theme.bufferBorder} stroke-dasharray=${dash} />
      <circle cx="7" cy="7" r="2.5" fill=${theme.record0} /><circle cx="13" cy="7" r="2.5" fill=${theme.record1} />`;
  return html`<ul class="legend ${place}" aria-label="Legend">
    ${entry("record, coloured by key", 8, svg`<circle cx="4" cy="7" r="3.5" fill=${theme.record0} />`)}
    ${entry("buffer", 26, box("none"))} ${entry("still open", 26, box("3 2"))}
    ${entry("event", 10, svg`<rect x="1" y="1.5" width="8" height="11" rx="2" fill=${theme.event} />`)}
    ${entry(
      "at work in this turn",
      18,
      svg`<rect x="1" y="1.5" width="16" height="11" rx="2" fill=${theme.atWork} stroke=${theme.atWorkBorder} />`,
    )}
    ${entry("back-pressure", 26, svg`<path d="M1 7H25" stroke=${theme.backPressure} stroke-width="3" />`)}
  </ul>`;
}

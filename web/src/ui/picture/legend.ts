/** The legend: each sign of the picture beside its word. */
import { css, html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
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
  /* It lies over the picture, whose size stays as it is while one zooms. */
  .legend.over {
    position: absolute;
    inset: auto 0 0;
    padding-bottom: 4px;
    background: color-mix(in srgb, var(--ground) 95%, transparent);
    pointer-events: none;
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

/** Under the picture, or with all that its nearest zoom has in the help. */
export function renderLegend(theme: Theme, place: "picture" | "help"): TemplateResult {
  return html`<ul class="legend ${place}" aria-label="Legend">
    ${entry("record, coloured by key", 8, svg`<circle cx="4" cy="7" r="3.5" fill=${theme.record0} />`)}
    ${entry("buffer", 26, box(theme, "none"))} ${entry("still open", 26, box(theme, "3 2"))}
    ${entry("event", 10, svg`<rect x="1" y="1.5" width="8" height="11" rx="2" fill=${theme.event} />`)}
    ${entry("watermark", 12, flag(theme.accent))}
    ${entry("a checkpoint's barrier", 10, svg`<rect x="1" y="1.5" width="8" height="11" rx="2" fill=${theme.blocked} />`)}
    ${place === "help" ? entry("one that overtakes, and what it overtook", 32, overtaking(theme)) : nothing}
    ${entry(
      "at work in this turn",
      18,
      svg`<rect x="1" y="1.5" width="16" height="11" rx="2" fill=${theme.atWork} stroke=${theme.atWorkBorder} />`,
    )}
    ${entry(
      "back-pressure: ‹ LOW, ‹‹ HIGH",
      26,
      svg`<path d="M1 7H25" stroke=${theme.backPressure} stroke-width="3" /><path d="M11 2L7 7L11 12M17 2L13 7L17 12"
        fill="none" stroke=${theme.backPressure} stroke-width="1.5" />`,
    )}
    ${place === "help" ? networkEntries(theme) : nothing}
  </ul>`;
}

/** What only the nearest zoom has, over the foot of the picture. */
export function renderNetworkLegend(theme: Theme): TemplateResult {
  return html`<ul class="legend picture over" aria-label="Legend of the network">
    ${networkEntries(theme)}
  </ul>`;
}

function entry(words: string, width: number, sign: SVGTemplateResult): TemplateResult {
  return html`<li>
    <svg width=${width} height="14" viewBox="0 0 ${width} 14" aria-hidden="true">${sign}</svg>${words}
  </li>`;
}

function overtaking(theme: Theme): SVGTemplateResult {
  return svg`<rect x="1.5" y="2" width="13" height="10" rx="2" fill=${theme.buffer} stroke=${theme.blocked} /><path
    d="M1 11H15M18 4H22M16.5 7H22M18 10H22" stroke=${theme.blocked} stroke-width="1.5" /><rect x="23" y="1.5" width="8"
    height="11" rx="2" fill=${theme.blocked} />`;
}

function box(theme: Theme, dash: string): SVGTemplateResult {
  return svg`<rect x="1" y="1.5" width="24" height="11" rx="2" fill=${theme.buffer} stroke=${theme.bufferBorder} stroke-dasharray=${dash} />
    <circle cx="7" cy="7" r="2.5" fill=${theme.record0} /><circle cx="13" cy="7" r="2.5" fill=${theme.record1} />`;
}

function flag(colour: string): SVGTemplateResult {
  return svg`<path d="M2.5 1.5V12.5M2.5 1.5L11 5L2.5 8.5Z" fill=${colour} stroke=${colour} stroke-width="1.2" />`;
}

/** The signs of a channel's two ends, of the wire between them, and of the pools. */
function networkEntries(theme: Theme): TemplateResult {
  const ink = theme.bufferBorder;
  return html`
    ${entry(
      "channel is idle, is active again",
      26,
      svg`<path d="M3 2.5V11.5M7 2.5V11.5" stroke=${theme.textMuted} stroke-width="2.5" /><path d="M15 2.5L24 7L15 11.5Z" fill=${theme.textMuted} />`,
    )}
    ${entry(
      "latency marker",
      12,
      svg`<circle cx="6" cy="7" r="4.8" fill="none" stroke=${theme.textMuted} stroke-width="1.3" /><path d="M6 4V7H8.4" fill="none" stroke=${theme.textMuted} stroke-width="1.3" />`,
    )}
    ${entry(
      "length prefix, and what belongs to a record over two buffers",
      24,
      svg`<rect x="1" y="1.5" width="22" height="11" fill=${theme.bufferFill} stroke=${ink} /><path d="M8 2V12" stroke=${theme.accent} stroke-width="2" />
        <path d="M1.5 7L6 2M2 12L6.5 7" stroke=${theme.spanning} />`,
    )}
    ${entry(
      "inside a record (hard)",
      20,
      svg`<rect y="4" width="20" height="6" fill=${theme.hardBackPressure} /><path d="M2 7H20" stroke=${theme.hatch} stroke-width="6" stroke-dasharray="1 2" />`,
    )}
    ${entry(
      "segments of the pool that the queue holds, of 10",
      20,
      svg`<path d="M0 7H8" stroke=${ink} stroke-width="9" stroke-dasharray="3 1" /><path d="M8 7H20" stroke=${theme.idle} stroke-width="9" stroke-dasharray="3 1" />`,
    )}
    ${entry("credit", 9, svg`<path d="M2 2V12M7 2V12" stroke=${theme.good} stroke-width="3" />`)}
    ${entry(
      "not announced",
      5,
      svg`<rect x="1" y="2.5" width="3" height="9" fill="none" stroke=${theme.good} />`,
    )}
    ${entry("credit, or another message, on its way", 10, svg`<path d="M10 2L1 7L10 12Z" fill=${theme.good} />`)}
    ${entry(
      "exclusive and floating buffers, taken and free",
      40,
      svg`<g stroke=${ink}><rect x="1" y="3" width="8" height="8" fill=${ink} /><rect x="11" y="3" width="8" height="8" fill="none" />
        <circle cx="25" cy="7" r="4" fill=${ink} /><circle cx="35" cy="7" r="4" fill="none" /></g>`,
    )}
    ${entry(
      "pool: in use, at hand, overdraft",
      32,
      svg`<rect y="4" width="12" height="6" fill=${ink} /><rect x="12.5" y="4.5" width="9" height="5" fill=${theme.bufferFill} stroke=${ink} />
        <rect x="24" y="4" width="8" height="6" fill=${theme.backPressure} /><path d="M24 2V12" stroke=${theme.text} />`,
    )}
    ${entry(
      "blocked",
      18,
      svg`<rect x="1" y="2" width="16" height="10" rx="2" fill="none" stroke=${theme.blocked} /><path d="M3 12L12 2M9 12L17 3" stroke=${theme.blocked} />`,
    )}
    ${entry(
      "slow link",
      24,
      svg`<path d="M0 7H24" stroke=${theme.warn} stroke-width="1.25" stroke-dasharray="4 3" />`,
    )}
    ${entry(
      "cut; dotted: failed",
      24,
      svg`<path d="M0 7H8M16 7H24" stroke=${theme.bad} stroke-dasharray="3 2" /><path d="M9 4L15 10M9 10L15 4" stroke=${theme.bad} stroke-width="1.75" />`,
    )}
  `;
}

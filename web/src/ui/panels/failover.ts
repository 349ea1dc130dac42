/**
 * What a failure does to the picture, in the place of its legend while the job recovers: the back-off as a countdown, and
 * the regions in the order in which they were reached. The picture draws them in the same signs.
 */
import { css, html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import { DARK_THEME, LIGHT_THEME } from "../../draw";
import { Dash } from "../../draw/display-list";
import { failoverOverlay, REGION_SIGNS } from "../../draw/failover-picture";
import type { Overlay } from "../../draw";
import type { Failover, RegionStep } from "../../model/failover";
import { FailoverFeed } from "../failover-feed";
import { FeedPanel } from "../feed-panel";
import { define } from "../panel";
import { backOff, PHASE_WORDS, regionName } from "../region-words";
import type { Session } from "../session";
import { base } from "../theme";
import { count } from "../words";

/** Regions that are named; of the others it is said how many they are. */
const NAMED_MAX = 6;
const BORDERS = { [Dash.solid]: "solid", [Dash.dashed]: "dashed", [Dash.dotted]: "dotted" } as const;

export class FailoverLegend extends FeedPanel<FailoverFeed> {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex: none;
        flex-wrap: wrap;
        gap: 4px 16px;
        align-items: center;
        min-height: 50px;
        padding: 6px var(--inset) 2px;
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
      .countdown {
        display: grid;
        grid-template-columns: auto auto;
        gap: 0 6px;
        align-items: baseline;
      }
      .countdown b {
        min-width: 9ch;
        color: var(--warn);
        font: 700 15px var(--mono);
        font-variant-numeric: tabular-nums;
      }
      .countdown i {
        grid-column: 1 / -1;
        height: 4px;
        border-radius: 2px;
        background: linear-gradient(var(--warn) 0 0) no-repeat 0 / var(--left) 100% var(--line);
      }
      ol {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 14px;
      }
      li {
        display: flex;
        gap: 6px;
        align-items: center;
      }
      li > span:first-child {
        flex: none;
        min-width: 20px;
        height: 18px;
        border: 2px solid;
        border-radius: 5px;
        font-size: var(--text-tiny);
        font-weight: 700;
        line-height: 14px;
        text-align: center;
      }
    `,
  ];
  static override properties = { ...FeedPanel.properties, show: { attribute: false } };
  /** Takes what the picture is to draw. */
  declare show: (overlay: Overlay | null) => void;
  private drawn: Failover | undefined;

  constructor() {
    super();
    this.show = () => undefined;
  }

  protected open(session: Session, changed: () => void): FailoverFeed {
    return new FailoverFeed(session, changed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.show(null);
  }

  protected override heard(): void {
    super.heard();
    const { current } = this;
    if (current === this.drawn || !this.isConnected) return;
    this.drawn = current;
    this.show(current === undefined ? null : failoverOverlay(current));
  }

  /** What the job has not recovered from. */
  private get current(): Failover | undefined {
    const last = this.feed?.failovers.at(-1);
    return last?.over === null ? last : undefined;
  }

  override render(): TemplateResult {
    const { current } = this;
    const steps = current?.steps ?? [];
    const more = steps.length - NAMED_MAX;
    return html`
      ${this.renderCountdown(current)}
      ${
        steps.length === 0
          ? nothing
          : html`<ol aria-label="Regions, in the order in which the failure reached them" data-test="regions">
              ${steps.slice(0, NAMED_MAX).map((step, place) => this.renderStep(step, place + 1))}
              ${more > 0 ? html`<li>and ${count(more)} more</li>` : nothing}
            </ol>`
      }
    `;
  }

  private renderCountdown(current: Failover | undefined): TemplateResult | typeof nothing {
    const delay = backOff(this.lab.session, current);
    if (delay === null) return nothing;
    const { left, all } = delay;
    return html`<div class="countdown" role="timer" aria-live="off" data-test="countdown">
      <span>starts again in</span><b>${count(left)} ms</b>
      <i aria-hidden="true" style=${styleMap({ "--left": `${(100 * left) / all}%` })}></i>
    </div>`;
  }

  private renderStep(step: RegionStep, number: number): TemplateResult {
    const { colour, dash } = REGION_SIGNS[step.phase];
    const theme = this.lab.dark ? DARK_THEME : LIGHT_THEME;
    const style = BORDERS[dash as keyof typeof BORDERS];
    return html`<li>
      <span style=${styleMap({ "border-style": style, color: theme[colour] })}>${number}</span>
      <span>${regionName(step, this.lab.session)} · ${PHASE_WORDS[step.phase]}</span>
    </li>`;
  }
}

define("weir-failover", FailoverLegend);

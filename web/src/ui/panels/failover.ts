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
import { define, Panel } from "../panel";
import { backOff, PHASE_WORDS, regionName } from "../region-words";
import type { Topic } from "../session";
import { base } from "../theme";
import { count } from "../words";

/** Regions that are named; of the others it is said how many they are. */
const NAMED_MAX = 6;
const BORDERS = { [Dash.solid]: "solid", [Dash.dashed]: "dashed", [Dash.dotted]: "dotted" } as const;

export class FailoverLegend extends Panel {
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
  static override properties = { ...Panel.properties, version: { state: true }, show: { attribute: false } };
  /** Counts what the feed brought. */
  declare private version: number;
  /** Takes what the picture is to draw. */
  declare show: (overlay: Overlay | null) => void;
  private feed: FailoverFeed | null = null;
  private drawn: Failover | undefined;

  constructor() {
    super();
    this.version = 0;
    this.show = () => undefined;
  }

  protected readonly topics: readonly Topic[] = ["moment", "run"];

  override connectedCallback(): void {
    super.connectedCallback();
    this.told();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.show(null);
  }

  protected override told(): void {
    this.feed ??= new FailoverFeed(this.lab.session, () => this.heard());
    void this.feed.ask();
  }

  private heard(): void {
    this.version += 1;
    const { open } = this;
    if (open === this.drawn || !this.isConnected) return;
    this.drawn = open;
    this.show(open === undefined ? null : failoverOverlay(open));
  }

  /** What the job has not recovered from. */
  private get open(): Failover | undefined {
    const last = this.feed?.failovers.at(-1);
    return last?.over === null ? last : undefined;
  }

  override render(): TemplateResult {
    const { open } = this;
    const steps = open?.steps ?? [];
    const more = steps.length - NAMED_MAX;
    return html`
      ${this.renderCountdown(open)}
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

  private renderCountdown(open: Failover | undefined): TemplateResult | typeof nothing {
    const delay = backOff(this.lab.session, open);
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

/**
 * Heartbeats over the picture, for who asks to see them: who watches which TaskManager, what was answered in the last
 * minute, and what is left of the time until one that does not answer counts as gone.
 */
import { css, html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { Heartbeats, type Beat, type Watch } from "../../model/heartbeats";
import { FeedPanel } from "../feed-panel";
import { define } from "../panel";
import type { Session } from "../session";
import { base } from "../theme";
import { TraceFeed } from "../trace-feed";
import { count, seconds } from "../words";

/** What is drawn: so many ticks up to this moment, in so many pixels at most. */
const SPAN_TICKS = 60_000;
const WIDTH = 240;
const HEIGHT = 16;
const HEART = "M0 3.6C-6-.6-3.6-4.2 0-1.6C3.6-4.2 6-.6 0 3.6Z";

export class HeartbeatsView extends FeedPanel<TraceFeed> {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: none;
        max-height: 34%;
        padding: 6px var(--inset);
        overflow: auto;
        border-bottom: 1px solid var(--line);
        font-size: var(--text-small);
      }
      p {
        margin-bottom: 4px;
        color: var(--ink-faint);
      }
      ul {
        display: grid;
        grid-template-columns: max-content minmax(80px, ${WIDTH}px) 1fr;
        gap: 2px 14px;
        align-items: center;
      }
      li {
        display: contents;
      }
      svg {
        display: block;
        width: 100%;
        height: ${HEIGHT}px;
        overflow: visible;
      }
      .mark {
        width: 1px;
        height: 1px;
      }
      line {
        stroke: var(--line);
      }
      .answered {
        fill: var(--good);
      }
      .silent {
        fill: none;
        stroke: var(--bad);
        stroke-width: 1.5;
      }
      .awaited {
        fill: none;
        stroke: var(--ink-faint);
      }
      .late {
        color: var(--bad);
      }
      .words,
      .late {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      @container (max-width: 520px) {
        ul {
          grid-template-columns: 1fr;
        }
        li > .words {
          margin-bottom: 6px;
        }
      }
    `,
  ];
  protected open(session: Session, changed: () => void): TraceFeed {
    return new TraceFeed(session, changed);
  }

  override render(): TemplateResult {
    const { tick } = this.lab.session;
    const beats = new Heartbeats(this.feed?.entries ?? [], tick);
    // Who is watched again stands there once.
    const watches = new Map(beats.watches.map((watch) => [`${watch.process} ${watch.watcher}`, watch]));
    const rows = [...watches].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, watch]) => watch);
    return html`
      <p>
        ${
          rows.length === 0
            ? "Nobody watches a TaskManager yet: who leads asks each from its registration on."
            : "Asked every 10 s; gone after two calls in a row that cannot be delivered, or 50 s without an answer."
        }
      </p>
      ${
        rows.length === 0
          ? nothing
          : html`<ul aria-label="Heartbeats" data-test="heartbeats">
              ${rows.map((watch) => this.renderWatch(beats, watch, tick))}
            </ul>`
      }
    `;
  }

  private renderWatch(beats: Heartbeats, watch: Watch, tick: number): TemplateResult {
    const all = beats.beatsOf(watch);
    const seen = all.filter(({ at }) => at > tick - SPAN_TICKS);
    const { watcher, process } = watch;
    return html`<li>
      <span>${watcher} → <b>${process.replace("TaskExecutor", "TaskManager")}</b></span>
      <svg aria-hidden="true">
        <line x1="0" y1=${HEIGHT / 2} x2="100%" y2=${HEIGHT / 2} />
        ${seen.map((beat) => beatMark(beat, tick))}
      </svg>
      ${inWords(beats, watch, all, tick)}
    </li>`;
  }
}

/** A heart where it was answered, a cross where nobody did, a ring while the answer is awaited. */
function beatMark({ at, answered, silence }: Beat, tick: number): SVGTemplateResult {
  const place = `${(97 - 94 * ((tick - at) / SPAN_TICKS)).toFixed(1)}%`;
  const mark =
    answered !== null
      ? svg`<path class="answered" d=${HEART} />`
      : silence === null
        ? svg`<circle class="awaited" r="3" />`
        : svg`<path class="silent" d="M-3-3L3 3M-3 3L3-3" />`;
  return svg`<svg class="mark" x=${place} y=${HEIGHT / 2}>${mark}</svg>`;
}

function inWords(beats: Heartbeats, watch: Watch, all: readonly Beat[], tick: number): TemplateResult {
  if (watch.to <= tick) return html`<span class="late">gone since tick ${count(watch.to)}</span>`;
  const heard = all.findLast(({ answered }) => answered !== null)?.answered ?? null;
  const last = heard === null ? "has not answered yet" : `answered ${seconds(tick - heard)} ago`;
  const gone = beats.goneAt(watch);
  return gone === null
    ? html`<span class="words">${last}</span>`
    : html`<span class="late">${last}; gone in ${count(Math.max(0, gone - tick))} ms</span>`;
}

define("weir-heartbeats", HeartbeatsView);

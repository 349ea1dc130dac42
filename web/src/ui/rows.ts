/**
 * A list of many lines of equal height of which only those in sight are in the document.
 *
 * It is one stop of the Tab key: arrow keys move within it, Enter picks. It stays at its end while it
 * grows, unless the reader scrolled away.
 */
import { css, html, LitElement, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { styleMap } from "lit/directives/style-map.js";
import { base } from "./theme";
import { define } from "./panel";

const ROW_PIXELS = 20;
/** Rows kept above and below what is in sight. */
const MARGIN_ROWS = 6;

export class Rows extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        position: relative;
        overflow: auto;
        overscroll-behavior: contain;
        min-height: 0;
      }
      .all {
        position: relative;
        min-width: 100%;
        width: max-content;
      }
      .row {
        position: absolute;
        inset-inline-start: 0;
        min-width: 100%;
        height: ${ROW_PIXELS}px;
        line-height: ${ROW_PIXELS}px;
        display: flex;
        gap: 12px;
        padding: 0 var(--inset);
        cursor: default;
      }
      .row > * {
        flex: none;
        white-space: pre;
      }
      .row > .soft {
        color: var(--ink-faint);
      }
      .row > .tick {
        min-width: 6ch;
        color: var(--ink-faint);
        text-align: end;
      }
      .row.active {
        background: var(--accent-soft);
      }
    `,
  ];
  static override properties = {
    length: { type: Number },
    row: { attribute: false },
    version: { attribute: false },
    label: {},
    follow: { type: Boolean },
    shown: { attribute: false },
    top: { state: true },
    sight: { state: true },
    active: { state: true },
  };
  declare length: number;
  /** Draws one row. */
  declare row: (index: number) => TemplateResult;
  /** Changes when rows changed that are not new. */
  declare version: unknown;
  declare label: string;
  /** Stays at the end while it grows. */
  declare follow: boolean;
  /** Told which rows are in sight, and whether the list stays at its end. */
  declare shown: ((first: number, last: number, atEnd: boolean) => void) | null;
  declare private top: number;
  declare private sight: number;
  declare private active: number;

  private atEnd = true;
  private readonly sizes = new ResizeObserver(() => this.measure());

  constructor() {
    super();
    this.length = 0;
    this.row = () => html``;
    this.label = "";
    this.follow = false;
    this.shown = null;
    this.top = 0;
    this.sight = 0;
    this.active = -1;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.tabIndex = 0;
    this.setAttribute("role", "listbox");
    this.sizes.observe(this);
    this.addEventListener("scroll", this.onScroll, { passive: true });
    this.addEventListener("keydown", this.onKey);
    this.addEventListener("click", this.onClick);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.removeEventListener("scroll", this.onScroll);
    this.removeEventListener("keydown", this.onKey);
    this.removeEventListener("click", this.onClick);
  }

  override render(): TemplateResult {
    const [first, last] = this.range();
    const places = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
    return html`
      <div class="all" style=${styleMap({ height: `${this.length * ROW_PIXELS}px` })}>
        ${repeat(
          places,
          (place) => place,
          (place) => html`
            <div
              class="row ${place === this.active ? "active" : ""}"
              id="row-${place}"
              role="option"
              aria-selected=${place === this.active}
              aria-setsize=${this.length}
              aria-posinset=${place + 1}
              data-place=${place}
              style=${styleMap({ top: `${place * ROW_PIXELS}px` })}
            >
              ${this.row(place)}
            </div>
          `,
        )}
      </div>
    `;
  }

  protected override updated(): void {
    this.setAttribute("aria-label", this.label);
    if (this.follow && this.atEnd) this.scrollTop = this.length * ROW_PIXELS;
    const [first, last] = this.range();
    this.shown?.(first, last, this.follow && this.atEnd);
  }

  /** The first row that is drawn, and the one after the last. */
  private range(): readonly [number, number] {
    return [
      Math.max(0, Math.floor(this.top / ROW_PIXELS) - MARGIN_ROWS),
      Math.min(this.length, Math.ceil((this.top + this.sight) / ROW_PIXELS) + MARGIN_ROWS),
    ];
  }

  /** Brings a row into sight and makes it the active one. */
  reveal(place: number): void {
    this.active = Math.min(Math.max(place, 0), this.length - 1);
    const top = this.active * ROW_PIXELS;
    if (top < this.scrollTop) this.scrollTop = top;
    else if (top + ROW_PIXELS > this.scrollTop + this.sight) this.scrollTop = top + ROW_PIXELS - this.sight;
    // It is drawn again before the browser tells of the scrolling, and must not go back to its end.
    this.onScroll();
  }

  private measure(): void {
    this.sight = this.clientHeight;
  }

  private readonly onScroll = (): void => {
    this.top = this.scrollTop;
    this.atEnd = this.scrollTop + this.clientHeight >= this.scrollHeight - ROW_PIXELS;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(this.sight / ROW_PIXELS) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + page,
      PageUp: this.active - page,
      Home: 0,
      End: this.length - 1,
    };
    const place = moves[event.key];
    if (place !== undefined && this.length > 0) this.reveal(place);
    else if (event.key === "Enter" && this.active >= 0) this.pick(this.active);
    else return;
    event.preventDefault();
  };

  private readonly onClick = (event: Event): void => {
    for (const target of event.composedPath()) {
      const place = target instanceof HTMLElement ? target.dataset["place"] : undefined;
      if (place === undefined) continue;
      this.active = Number(place);
      this.pick(this.active);
      return;
    }
  };

  private pick(place: number): void {
    this.dispatchEvent(new CustomEvent<number>("pick", { detail: place }));
  }
}

define("weir-rows", Rows);

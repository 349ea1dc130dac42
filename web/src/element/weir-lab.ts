/**
 * `<weir-lab>`: the element that pages use. It is small: it reads its attributes, holds its place on the
 * page, and loads the lab when it comes near the screen.
 */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import { engineModule } from "../engine/module";
import type { Theme } from "../ui/lab-options";
import { base, tokens } from "../ui/theme";
import { ATTRIBUTE_NAMES, parseAttributes, type ParsedAttributes } from "./attributes";
import { dedent } from "./dedent";

/** Height where the author names none. */
const HEIGHT_DEFAULT = 640;
/** Loading begins when the element is this near to the window. */
const NEAR = "300px";

export class WeirLab extends LitElement {
  static override styles = [
    tokens,
    base,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .frame {
        display: flex;
        flex-direction: column;
        container-type: inline-size;
        position: relative;
        overflow: hidden;
        background: var(--ground);
      }
      .frame.boxed {
        border: 1px solid var(--line);
        border-radius: 8px;
      }
      weir-lab-view {
        flex: 1;
        min-height: 0;
      }
      .loading {
        margin: auto;
        padding: 24px;
        color: var(--ink-soft);
        text-align: center;
      }
      .loading.failed {
        color: var(--bad);
      }
      .problems {
        padding: 8px var(--inset);
        border-bottom: 1px solid var(--line);
        background: var(--bad-soft);
        font-size: var(--text-small);
      }
      .problems code {
        font-family: var(--mono);
        font-weight: 600;
      }
    `,
  ];
  static override properties = { parsed: { state: true }, stage: { state: true } };
  declare private parsed: ParsedAttributes;
  /** `waiting` until near the screen, then `loading`, `ready` or what went wrong. */
  declare private stage: "waiting" | "loading" | "ready" | Error;
  private observer: IntersectionObserver | null = null;

  static override get observedAttributes(): string[] {
    return [...super.observedAttributes, ...ATTRIBUTE_NAMES];
  }

  constructor() {
    super();
    this.parsed = this.parse();
    this.stage = "waiting";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.parsed = this.parse();
    if (this.stage !== "waiting") return;
    this.observer = new IntersectionObserver((entries) => this.onSeen(entries), { rootMargin: NEAR });
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
  }

  override attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    super.attributeChangedCallback(name, before, now);
    if (this.isConnected && before !== now) this.parsed = this.parse();
  }

  override render(): TemplateResult {
    const { options, problems } = this.parsed;
    const full = options.height === "full";
    const height = full ? "100dvh" : `${options.height ?? HEIGHT_DEFAULT}px`;
    return html`
      <div class="frame ${full ? "full" : "boxed"}" style=${styleMap({ height })}>
        ${
          problems.length === 0
            ? nothing
            : html`<ul class="problems" role="alert">
                ${problems.map(
                  ({ attribute, value, message }) =>
                    html`<li><code>${attribute}="${value}"</code> ${message}</li>`,
                )}
              </ul>`
        }
        ${
          this.stage === "ready"
            ? html`<weir-lab-view .options=${options} @themechange=${this.onTheme}></weir-lab-view>`
            : this.renderStage()
        }
      </div>
    `;
  }

  private renderStage(): TemplateResult {
    if (!(this.stage instanceof Error)) return html`<p class="loading" role="status">Loading the lab …</p>`;
    return html`<p class="loading failed" role="alert">
      The lab could not be loaded: ${this.stage.message}<br />
      <button @click=${this.load}>Try again</button>
    </p>`;
  }

  private parse(): ParsedAttributes {
    const script = this.querySelector<HTMLScriptElement>('script[type="text/weir-job"]');
    return parseAttributes((name) => this.getAttribute(name), script === null ? null : dedent(script.text));
  }

  private onSeen(entries: readonly IntersectionObserverEntry[]): void {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    this.observer?.disconnect();
    void this.load();
  }

  private readonly load = async (): Promise<void> => {
    this.stage = "loading";
    void engineModule();
    try {
      await import("../ui/lab-view");
      this.stage = "ready";
    } catch (error) {
      this.stage = error instanceof Error ? error : new Error(String(error));
    }
  };

  private readonly onTheme = (event: CustomEvent<Theme>): void => {
    if (event.detail === "auto") this.removeAttribute("theme");
    else this.setAttribute("theme", event.detail);
  };
}

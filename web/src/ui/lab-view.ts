/**
 * The lab: arranges the panels for the room there is, keeps what they share, and takes the keys.
 *
 * Wide, all panels stand side by side; in less room the side panels share one column behind tabs, and on
 * a phone every panel is a tab above the controls.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { THEMES, type LabOptions, type Theme, type View } from "./lab-options";
import { base } from "./theme";
import { loadLayoutsFor, loadPlacement, loadReading } from "../draw";
import { createEnginePort } from "../engine/port";
import { EXAMPLE_IDS, FIRST_EXAMPLE, type ExampleId } from "../examples/catalog";
import type { SnapshotStart } from "../engine/protocol";
import { contentOf, TEXTS } from "../examples/content";
import type { Example } from "../examples/examples";
import type { Beside } from "../examples/library";
import { frameLoop, type FrameMember } from "./frame-loop";
import { JobFiles } from "./job-files";
import { actionOf, LEAP_TICKS, type KeyAction } from "./keys";
import { labViewStyles } from "./lab-view-styles";
import type { Choices, Lab, LabActions, WatchedMoment } from "./lab-state";
import { define } from "./panel";
import type { Controls } from "./panels/controls";
import "./panels/controls";
import type { Help } from "./panels/help";
import "./panels/inspector";
import type { JobPane } from "./panels/job-pane";
import "./panels/job-pane";
import "./panels/output";
import "./panels/picture";
import "./panels/timeline";
import "./panels/top-bar";
import { placeOfSpeed, speedAtPlace } from "./playback";
import { Session, type Cluster } from "./session";
import { tabStrip, tabStyles } from "./tab-strip";

const WIDE_PIXELS = 1080;
const NARROW_PIXELS = 720;
/** Ticks a second of a job that is no example. */
const SPEED_DEFAULT = 20;
/** After the first picture, the page has so long to itself before it fetches what the next ones need. */
const AHEAD_MILLIS = 500;
type Room = "wide" | "medium" | "narrow";

/** Panels that can stand behind tabs. */
const TAB_TITLES: Readonly<Record<"editor" | "graph" | "inspector" | "output" | "timeline", string>> = {
  editor: "Job",
  graph: "Graph",
  inspector: "Inspector",
  output: "Output",
  timeline: "Timeline",
};
type TabId = keyof typeof TAB_TITLES;

export class LabView extends LitElement implements Lab, FrameMember {
  static override styles = [base, tabStyles, labViewStyles];
  static override properties = {
    options: { attribute: false },
    room: { state: true },
    tab: { state: true },
    draft: { state: true },
    beside: { state: true },
  };
  declare options: LabOptions;
  declare draft: string;
  declare private room: Room;
  declare private tab: TabId;
  /** The run that stands beside the example's own. */
  declare private beside: Beside | null;

  readonly files = new JobFiles(TEXTS);
  readonly session = new Session(createEnginePort, {
    texts: (source) => this.files.textsFor(source),
    layouts: loadLayoutsFor,
  });
  readonly choices: Choices = { depth: "execution", selected: null, hovered: null, asTable: false };
  example: ExampleId | null = null;
  watch: readonly WatchedMoment[] = [];
  /** What suits the example; null until it is loaded. */
  private suited: Example | null = null;
  onScreen = true;
  private readonly darkSystem = matchMedia("(prefers-color-scheme: dark)");
  private readonly sizes = new ResizeObserver((entries) => this.onResize(entries));
  private readonly screen = new IntersectionObserver((entries) => this.onScreenChange(entries));
  private unfollow: (() => void) | null = null;

  constructor() {
    super();
    this.room = "wide";
    this.tab = "graph";
    this.draft = "";
    this.beside = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
    this.screen.observe(this);
    this.addEventListener("keydown", this.onKey);
    this.darkSystem.addEventListener("change", this.onScheme);
    void this.session.resume();
    this.unfollow = this.session.observers.follow(["run", "moment"], () => this.askForFrame());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.screen.disconnect();
    this.removeEventListener("keydown", this.onKey);
    this.darkSystem.removeEventListener("change", this.onScheme);
    this.unfollow?.();
    frameLoop.forget(this);
    this.session.dispose();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("options")) return;
    const before = changed.get("options");
    const now = this.options;
    if (before === undefined || before.job !== now.job || before.example !== now.example) {
      void this.begin();
    } else if (
      before.seed !== now.seed ||
      before.taskManagers !== now.taskManagers ||
      before.slots !== now.slots ||
      before.networkMemory !== now.networkMemory
    ) {
      void this.session.open(this.draft, this.firstCluster());
    }
    if (before?.theme !== now.theme) this.onScheme();
    if (before !== undefined && before.speed !== now.speed && now.speed !== null)
      this.session.setSpeed(now.speed);
  }

  get summary(): string | null {
    return this.suited?.summary ?? null;
  }

  get dark(): boolean {
    return this.options.theme === "auto" ? this.darkSystem.matches : this.options.theme === "dark";
  }

  override render(): TemplateResult {
    return html`
      <div class="shell ${this.room}" tabindex="-1" data-test="lab">
        <weir-top-bar .lab=${this}></weir-top-bar>
        ${this.renderPanels()}
        ${this.has("controls") ? html`<weir-controls .lab=${this}></weir-controls>` : nothing}
        ${this.has("timeline") && this.room !== "narrow" ? html`<weir-timeline .lab=${this}></weir-timeline>` : nothing}
      </div>
      <weir-help .dark=${this.dark}></weir-help>
    `;
  }

  private renderPanels(): TemplateResult {
    const shown = (Object.keys(TAB_TITLES) as TabId[]).filter((tab) => this.has(tab));
    if (this.room === "wide") return this.renderWide();
    return this.room === "medium" ? this.renderMedium(shown) : this.renderNarrow(shown);
  }

  private renderWide(): TemplateResult {
    const left = this.has("editor") || this.has("output");
    return html`
      <div class="middle">
        ${
          left
            ? html`<div class="left">
                ${this.has("editor") ? html`<weir-job-pane .lab=${this}></weir-job-pane>` : nothing}
                ${this.has("output") ? html`<weir-output .lab=${this}></weir-output>` : nothing}
              </div>`
            : nothing
        }
        ${this.has("graph") ? this.renderPicture() : nothing}
        ${this.has("inspector") && this.hasRoom ? html`<weir-inspector .lab=${this}></weir-inspector>` : nothing}
      </div>
    `;
  }

  private renderMedium(shown: readonly TabId[]): TemplateResult {
    const side = shown.filter((tab) => tab !== "graph" && tab !== "timeline");
    const chosen = side.find((tab) => tab === this.tab) ?? side[0];
    return html`
      <div class="middle">
        ${chosen === undefined ? nothing : html`<div class="left">${side.length > 1 ? this.renderTabs(side, chosen) : nothing} ${this.renderTab(chosen)}</div>`}
        ${this.has("graph") ? this.renderPicture() : nothing}
      </div>
    `;
  }

  private renderNarrow(shown: readonly TabId[]): TemplateResult {
    const chosen = shown.find((tab) => tab === this.tab) ?? shown[0] ?? "graph";
    return html`
      ${shown.length > 1 ? this.renderTabs(shown, chosen) : nothing}
      <div class="middle">${this.renderTab(chosen)}</div>
    `;
  }

  private renderTabs(tabs: readonly TabId[], chosen: TabId): TemplateResult {
    return tabStrip({
      label: "Parts of the lab",
      tabs: tabs.map((id) => ({ id, title: TAB_TITLES[id], ...this.noteOf(id) })),
      chosen,
      choose: (id) => (this.tab = tabs.find((tab) => tab === id) ?? chosen),
    });
  }

  private async showHelp(): Promise<void> {
    await import("./panels/help");
    const help = this.renderRoot.querySelector<Help>("weir-help");
    await help?.updateComplete;
    help?.open();
  }

  /** A mark at the inspector's tab while it holds something. */
  private noteOf(tab: TabId): { readonly note?: string } {
    return tab === "inspector" && this.choices.selected !== null ? { note: "●" } : {};
  }

  private renderTab(tab: TabId): TemplateResult {
    switch (tab) {
      case "editor":
        return html`<weir-job-pane .lab=${this}></weir-job-pane>`;
      case "graph":
        return this.renderPicture();
      case "inspector":
        return html`<weir-inspector .lab=${this}></weir-inspector>`;
      case "output":
        return html`<weir-output .lab=${this}></weir-output>`;
      case "timeline":
        return html`<weir-timeline .lab=${this}></weir-timeline>`;
    }
  }

  /** Two pictures leave none for an inspector that says nothing. */
  private get hasRoom(): boolean {
    return this.beside === null || this.choices.selected !== null;
  }

  private renderPicture(): TemplateResult {
    return this.beside === null
      ? html`<weir-picture .lab=${this}></weir-picture>`
      : html`<weir-beside .lab=${this} .beside=${this.beside}></weir-beside>`;
  }

  private has(view: View): boolean {
    return this.options.views.has(view);
  }

  /** Opens what the attributes name, at the tick that they name. */
  private async begin(): Promise<void> {
    const { options, session } = this;
    this.forgetExample(options.job === null ? options.example : null);
    if (this.example !== FIRST_EXAMPLE) loadPlacement().catch(() => undefined);
    if (this.example === null) this.draft = (options.job ?? "").trimEnd();
    else if (!(await this.loadExample(this.example))) return;
    session.setSpeed(options.speed ?? this.suited?.speed ?? SPEED_DEFAULT);
    if (!(await session.open(this.draft, this.firstCluster()))) return;
    if (options.tick > 0) await session.seek(options.tick);
    setTimeout(fetchAhead, AHEAD_MILLIS);
    if (options.autoplay && mayPlayByItself()) session.play();
  }

  private firstCluster(): Cluster {
    const { options, suited } = this;
    return {
      seed: options.seed ?? 42,
      taskManagers: options.taskManagers ?? suited?.taskManagers ?? 2,
      slots: options.slots ?? suited?.slots ?? 2,
      speeds: suited?.speeds ?? {},
      speedChanges: suited?.speedChanges ?? [],
      processFaults: suited?.processFaults ?? [],
      segmentBytes: suited?.segmentBytes ?? null,
      networkMemory: options.networkMemory,
      managedMemory: suited?.managedMemory ?? null,
      linkLatencyTicks: suited?.linkLatencyTicks ?? null,
      linkBytesPerTick: suited?.linkBytesPerTick ?? null,
      diskBytesPerTick: suited?.diskBytesPerTick ?? null,
      scenario: suited?.scenario ?? {},
    };
  }

  private forgetExample(next: ExampleId | null): void {
    this.example = next;
    this.suited = null;
    this.watch = [];
    this.beside = null;
  }

  /** Puts an example into the editor. False where the reader chose another one meanwhile. */
  private async loadExample(id: ExampleId): Promise<boolean> {
    this.forgetExample(id);
    const { source, suited, watch, beside } = await contentOf(id);
    if (beside !== undefined) await import("./panels/beside");
    if (this.example !== id) return false;
    this.beside = beside ?? null;
    this.draft = source.trimEnd();
    this.suited = suited;
    this.watch = watch ?? [];
    return true;
  }

  private async openExample(id: ExampleId): Promise<void> {
    this.choose({ selected: null, hovered: null });
    if (!(await this.loadExample(id))) return;
    this.session.setSpeed(this.suited?.speed ?? SPEED_DEFAULT);
    await this.session.open(this.draft, this.firstCluster());
  }

  readonly actions: LabActions = {
    runDraft: () => void this.runDraft(),
    startFrom: (from) => void this.runDraft(from),
    recluster: (cluster) => {
      if (this.session.run !== null) void this.session.open(this.session.run.source, cluster);
    },
    openExample: (id) => {
      const example = EXAMPLE_IDS.find((known) => known === id);
      if (example !== undefined) void this.openExample(example);
    },
    select: (selected) => {
      // Where the inspector shares its place, what was kept is what the reader wants to see there.
      if (selected !== null && this.room === "medium") this.tab = "inspector";
      this.choose({ selected });
    },
    hover: (hovered) => this.choose({ hovered }),
    setDepth: (depth) => this.choose({ depth }),
    setAsTable: (asTable) => this.choose({ asTable }),
    revealLine: (line) => {
      this.tab = "editor";
      void this.updateComplete.then(() =>
        this.renderRoot.querySelector<JobPane>("weir-job-pane")?.reveal(line),
      );
    },
    cycleTheme: () => this.cycleTheme(),
    showHelp: () => void this.showHelp(),
    takeFocus: () => this.renderRoot.querySelector<HTMLElement>(".shell")?.focus(),
    askForTick: () => this.renderRoot.querySelector<Controls>("weir-controls")?.askForTick(),
  };

  private async runDraft(from?: SnapshotStart): Promise<void> {
    const cluster = this.session.run?.cluster ?? this.firstCluster();
    if (await this.session.open(this.draft, cluster, [], from)) this.session.play();
  }

  private choose(choice: Partial<Choices>): void {
    Object.assign(this.choices, choice);
    this.requestUpdate();
    this.session.observers.tell("choice");
  }

  private cycleTheme(): void {
    const next = THEMES[(THEMES.indexOf(this.options.theme) + 1) % THEMES.length] ?? "auto";
    this.dispatchEvent(new CustomEvent<Theme>("themechange", { detail: next }));
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) {
      event.preventDefault();
      this.actions.runDraft();
      return;
    }
    const action = actionOf(event);
    if (action === null || !this.has("controls")) return;
    event.preventDefault();
    // A held key asks faster than the engine answers: what is not yet done is not asked again.
    if (event.repeat && this.session.moving) return;
    this.act(action);
  };

  private act(action: KeyAction): void {
    const { session } = this;
    const change = (places: number): void =>
      session.setSpeed(speedAtPlace(placeOfSpeed(session.speed) + places));
    const acts: Readonly<Record<KeyAction, () => void>> = {
      toggle: () => (session.playing ? session.pause() : session.play()),
      stepAhead: () => void session.step(1),
      stepBack: () => void session.step(-1),
      leapAhead: () => void session.seek(session.tick + LEAP_TICKS),
      leapBack: () => void session.seek(session.tick - LEAP_TICKS),
      slower: () => change(-1),
      faster: () => change(1),
      goTo: this.actions.askForTick,
      streamGraph: () => this.actions.setDepth("stream"),
      jobGraph: () => this.actions.setDepth("job"),
      executionGraph: () => this.actions.setDepth("execution"),
      help: this.actions.showHelp,
    };
    acts[action]();
  }

  private readonly onScheme = (): void => {
    this.requestUpdate();
    this.session.observers.tell("scheme");
  };

  private onResize(entries: readonly ResizeObserverEntry[]): void {
    const width = entries.at(-1)?.contentRect.width ?? WIDE_PIXELS;
    this.room = width >= WIDE_PIXELS ? "wide" : width >= NARROW_PIXELS ? "medium" : "narrow";
  }

  private onScreenChange(entries: readonly IntersectionObserverEntry[]): void {
    this.onScreen = entries.at(-1)?.isIntersecting ?? true;
    // Those who wait for the screen wake up with it.
    this.session.observers.tell("choice");
    this.askForFrame();
  }

  private askForFrame(): void {
    if (this.session.playing && this.onScreen) frameLoop.request(this);
  }

  read(): void {
    // Its panels measure themselves.
  }

  write(now: number): void {
    this.session.advance(now);
    this.askForFrame();
  }
}

/** Fetches what the first picture did without. What fails is fetched again when it is needed. */
function fetchAhead(): void {
  for (const load of [loadReading, loadPlacement]) load().catch(() => undefined);
}

/** Nothing starts by itself where several are on a page, or where the reader wants less motion. */
function mayPlayByItself(): boolean {
  const alone = document.querySelectorAll("weir-lab").length === 1;
  return alone && !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

define("weir-lab-view", LabView);

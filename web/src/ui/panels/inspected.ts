/** What the reader pointed at last and kept, as it is at this moment. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { base } from "../theme";
import type { BufferDetail, Graphs, TaskDetail, TaskManagerDetail, Topology } from "../../engine/protocol";
import { sameItem, type Item } from "../../draw";
import { FrameReader } from "../../model/frame-reader";
import { bufferTitle, renderBuffer } from "../inspector/buffer-view";
import * as graphView from "../inspector/graph-view";
import { renderChannelEnds, renderPools } from "../inspector/pool-view";
import { inspectorStyles } from "../inspector/styles";
import { renderTables, tablesOf } from "../inspector/table-view";
import { renderTask, TASK_TABS, taskTitle, type TaskTab } from "../inspector/task-view";
import type { renderTaskManagerDetail } from "../inspector/task-manager-view";
import type { renderTime } from "../inspector/time-view";
import { define, Panel } from "../panel";
import { Questions } from "../questions";
import type { Topic } from "../session";
import { tabStrip, tabStyles } from "../tab-strip";

/** What the inspector shows of one item. */
interface Headed {
  readonly title: string;
  readonly where: string;
  readonly body: TemplateResult;
  readonly tabs?: TemplateResult;
}

/** What exists only while the job is deployed. */
type RunningItem = Exclude<Item, { kind: "node" | "streamEdge" | "vertex" | "jobEdge" }>;

interface Managed {
  readonly detail: TaskManagerDetail;
  readonly render: typeof renderTaskManagerDetail;
}

const GONE: Headed = {
  title: "Nothing here now",
  where: "",
  body: html`<p class="none">It does not exist at this tick.</p>`,
};

export class Inspected extends Panel {
  static override styles = [base, tabStyles, inspectorStyles];
  static override properties = {
    ...Panel.properties,
    tab: { state: true },
    task: { state: true },
    buffer: { state: true },
    manager: { state: true },
    marked: { state: true },
    time: { state: true },
  };
  declare private tab: TaskTab;
  declare private task: TaskDetail | null;
  declare private buffer: BufferDetail | null;
  /** A TaskManager, and what draws it, which is loaded when the first one is kept. */
  declare private manager: Managed | null;
  declare private marked: number | null;
  /** What draws a task's time, loaded when it is first asked for. */
  declare private time: typeof renderTime | null;
  private readonly questions = new Questions(() => this.askOnce(this.item));
  private shown: Item | null = null;
  private readonly reader = new FrameReader();
  private frameRead: Uint32Array | null = null;

  constructor() {
    super();
    this.tab = "State";
    this.task = null;
    this.buffer = null;
    this.manager = null;
    this.marked = null;
    this.time = null;
  }

  protected readonly topics: readonly Topic[] = ["choice", "moment", "run"];

  protected override told(): void {
    if (!sameItem(this.shown, this.item)) {
      this.shown = this.item;
      this.buffer = null;
      this.marked = null;
    }
    this.requestUpdate();
    void this.questions.ask();
  }

  protected override firstUpdated(changed: PropertyValues): void {
    super.firstUpdated(changed);
    void this.questions.ask();
  }

  override render(): TemplateResult {
    const { item } = this;
    const { run, topology } = this.lab.session;
    if (item === null || run === null) return html``;
    const { title, where, body, tabs } = this.describe(item, run.graphs, topology);
    return html`
      <header>
        <h2 data-test="inspected">${title}</h2>
        <p class="where">${where}</p>
      </header>
      ${tabs ?? html`<hr />`}
      <div class="body">${body}</div>
    `;
  }

  private get item(): Item | null {
    return this.lab.choices.selected ?? this.lab.choices.hovered;
  }

  private describe(item: Item, graphs: Graphs, topology: Topology | null): Headed {
    const { select, revealLine } = this.lab.actions;
    switch (item.kind) {
      case "node":
        return {
          title: graphView.nodeName(graphs, item.node),
          where: "node of the stream graph",
          body: graphView.renderStreamNode(graphs, item.node, select, revealLine),
        };
      case "streamEdge":
        return {
          title: graphView.streamEdgeName(graphs, item.source, item.edge),
          where: "edge of the stream graph",
          body: graphView.renderStreamEdge(graphs, item.source, item.edge),
        };
      case "vertex":
        return {
          title: graphView.vertexName(graphs, item.vertex),
          where: "vertex of the job graph",
          body: graphView.renderVertex(graphs, topology, item.vertex, select),
        };
      case "jobEdge":
        return {
          title: `Input ${item.input} of ${graphView.vertexName(graphs, item.target)}`,
          where: "edge of the job graph",
          body: graphView.renderJobEdge(graphs, item.target, item.input, select),
        };
      case "task":
      case "operator":
      case "channel":
      case "buffer":
      case "record":
      case "slot":
      case "taskManager":
        return topology === null ? GONE : this.describeRunning(item, topology);
    }
  }

  private describeRunning(item: RunningItem, topology: Topology): Headed {
    const { select } = this.lab.actions;
    switch (item.kind) {
      case "task":
      case "operator":
        return { ...taskTitle(topology, item.task), ...this.describeTask(item.task) };
      case "buffer":
      case "record":
        return this.describeBuffer();
      case "channel":
        return {
          title: "Channel",
          where: "from a subpartition to an input channel",
          body: html`${graphView.renderChannel(topology, item.channel, select)}${renderChannelEnds(this.frame(), topology, item.channel)}`,
        };
      case "slot":
        return {
          title: `Slot ${item.slot}`,
          where: graphView.managerName(topology, item.taskManager),
          body: graphView.renderSlot(topology, item.taskManager, item.slot, select),
        };
      case "taskManager":
        return {
          title: graphView.managerName(topology, item.taskManager),
          where: "process of the cluster",
          body: html`${graphView.renderTaskManager(topology, item.taskManager, select)}
            <section>
              <h3>What can be done to it</h3>
              <weir-process-acts
                .lab=${this.lab}
                .process=${{ kind: "taskManager", id: item.taskManager }}
              ></weir-process-acts>
            </section>
            ${this.describeManager(item.taskManager, topology)}`,
        };
    }
  }

  private describeTask(task: number): { readonly body: TemplateResult; readonly tabs: TemplateResult } {
    const detail = this.task?.task === task ? this.task : null;
    const pickBuffer = (channel: number, buffer: number): void =>
      this.lab.actions.select({ kind: "buffer", channel, buffer });
    const { session } = this.lab;
    const tables = tablesOf(session.stdout, task);
    const known = TASK_TABS.filter((id) => id !== "Table" || tables.length > 0);
    const chosen = known.find((id) => id === this.tab) ?? "State";
    // Between two ticks stands what the one before has done.
    const goTo = (tick: number): void => void session.seek(tick + 1);
    const body =
      chosen === "Table"
        ? renderTables(session.stdout, tables, goTo)
        : detail === null
          ? html`<p class="none">Not deployed at this tick.</p>`
          : chosen === "Time"
            ? (this.time?.(detail, this.lab.actions.select) ?? html`<p class="none">Loading …</p>`)
            : renderTask(detail, chosen, this.frame(), pickBuffer);
    const tabs = tabStrip({
      label: "About the task",
      tabs: known.map((id) => ({ id, title: id })),
      chosen,
      choose: (id) => void this.chooseTab(TASK_TABS.find((tab) => tab === id) ?? "State"),
    });
    return { body, tabs };
  }

  private async chooseTab(tab: TaskTab): Promise<void> {
    this.tab = tab;
    if (tab === "Time") this.time ??= (await import("../inspector/time-view")).renderTime;
  }

  private describeManager(id: number, topology: Topology): TemplateResult | typeof nothing {
    if (this.manager === null || this.manager.detail.taskManager !== id) return nothing;
    const select = (task: number): void => this.lab.actions.select({ kind: "task", task });
    return this.manager.render(this.manager.detail, renderPools(this.frame(), topology, id, select));
  }

  /** The frame of this moment, to be read. */
  private frame(): FrameReader {
    const frame = this.lab.session.moment?.frame ?? null;
    if (frame !== this.frameRead) this.reader.read(frame);
    this.frameRead = frame;
    return this.reader;
  }

  private describeBuffer(): Headed {
    const detail = this.buffer;
    if (detail === null) return GONE;
    const { marked } = this;
    return { ...bufferTitle(detail), body: renderBuffer(detail, marked, (part) => (this.marked = part)) };
  }

  private async askOnce(item: Item | null): Promise<void> {
    const { session } = this.lab;
    if (item === null || session.topology === null) return;
    if (item.kind === "task" || item.kind === "operator") {
      const answer = await session.look({ kind: "inspectTask", task: item.task }, "task");
      this.task = answer?.task ?? null;
    } else if (item.kind === "buffer" || item.kind === "record") {
      const { channel, buffer } = item;
      const answer = await session.look({ kind: "inspectBuffer", channel, buffer }, "buffer");
      this.buffer = answer?.buffer ?? null;
    } else if (item.kind === "taskManager") {
      const { taskManager } = item;
      const [view] = await Promise.all([import("../inspector/task-manager-view"), import("./process-acts")]);
      const answer = await session.look({ kind: "inspectTaskManager", taskManager }, "taskManager");
      this.manager =
        answer === null ? null : { detail: answer.taskManager, render: view.renderTaskManagerDetail };
    }
  }
}

define("weir-inspected", Inspected);

/** Nodes, edges, vertices, channels and slots under the inspector: what they are, and why. */
import { html, nothing, type TemplateResult } from "lit";
import type { Graphs, Topology } from "../../engine/protocol";
import type { Item } from "../../draw";
import { count, counted } from "../words";

export type Select = (item: Item) => void;

interface Fact {
  readonly name: string;
  readonly value: unknown;
}

function facts(list: readonly Fact[]): TemplateResult {
  return html`<dl>
    ${list.map(
      ({ name, value }) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

function link(text: unknown, act: () => void): TemplateResult {
  return html`<button class="link" @click=${act}>${text}</button>`;
}

function lines(items: readonly unknown[]): TemplateResult {
  return html`<ul class="lines">
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`;
}

export function nodeName(graphs: Graphs, id: number): string {
  return graphs.stream_graph.nodes.find((node) => node.id === id)?.name ?? `node ${id}`;
}

export function vertexName(graphs: Graphs, id: string): string {
  return graphs.job_graph.vertices.find((vertex) => vertex.id === id)?.name ?? id;
}

export function renderStreamNode(
  graphs: Graphs,
  id: number,
  select: Select,
  reveal: (line: number) => void,
): TemplateResult {
  const node = graphs.stream_graph.nodes.find((known) => known.id === id);
  if (node === undefined) return html`<p class="none">The graph has no such node.</p>`;
  const extra = graphs.lab.nodes.find((known) => known.id === id);
  const at = extra?.at;
  const list: Fact[] = [
    { name: "node", value: node.id },
    { name: "parallelism", value: node.parallelism },
    ...(node.max_parallelism > 0 ? [{ name: "max parallelism", value: node.max_parallelism }] : []),
    { name: "slot sharing group", value: node.slot_sharing_group },
    { name: "chaining", value: node.chaining_strategy },
    { name: "buffer timeout", value: node.buffer_timeout < 0 ? "none" : `${node.buffer_timeout} ms` },
    ...(node.uid === undefined ? [] : [{ name: "uid", value: node.uid }]),
    ...(extra === undefined ? [] : [{ name: "operator id", value: html`<code>${extra.operator_id}</code>` }]),
    ...(at === undefined ? [] : [{ name: "made at", value: link(`line ${at.line}`, () => reveal(at.line)) }]),
  ];
  const edges = graphs.stream_graph.nodes.flatMap((source) =>
    source.out_edges
      .map((edge, place) => ({
        source: source.id,
        target: edge.target,
        place,
        partitioner: edge.partitioner,
      }))
      .filter((edge) => edge.source === id || edge.target === id),
  );
  return html`
    <section>${facts(list)}</section>
    <section>
      <h3>Edges</h3>
      ${lines(
        edges.map(
          (edge) =>
            html`${link(`${nodeName(graphs, edge.source)} → ${nodeName(graphs, edge.target)}`, () =>
                select({ kind: "streamEdge", source: edge.source, edge: edge.place }),
              )}<span class="note">${edge.partitioner}</span>`,
        ),
      )}
    </section>
  `;
}

/** The edge of the StreamGraph that stands at a place among its source's; undefined where there is none. */
function streamEdge(
  graphs: Graphs,
  source: number,
  place: number,
): Graphs["stream_graph"]["nodes"][number]["out_edges"][number] | undefined {
  return graphs.stream_graph.nodes.find((node) => node.id === source)?.out_edges[place];
}

export function streamEdgeName(graphs: Graphs, source: number, place: number): string {
  const target = streamEdge(graphs, source, place)?.target;
  return `${nodeName(graphs, source)} → ${target === undefined ? "nothing" : nodeName(graphs, target)}`;
}

export function renderStreamEdge(graphs: Graphs, source: number, place: number): TemplateResult {
  const edge = streamEdge(graphs, source, place);
  if (edge === undefined) return html`<p class="none">The graph has no such edge.</p>`;
  const chaining = graphs.lab.chaining.find(
    (known) => known.source === source && known.target === edge.target,
  );
  const verdict =
    chaining?.chained === true
      ? "Chained: both run in one task, and a record goes on by a call."
      : "Not chained: records go over the network, in buffers.";
  return html`
    ${
      chaining === undefined
        ? nothing
        : html`<section>
            <p class="verdict ${chaining.chained ? "yes" : "no"}" data-test="verdict">${verdict}</p>
            ${lines(chaining.reasons)}
          </section>`
    }
    <section>
      ${facts([
        { name: "partitioner", value: edge.partitioner },
        { name: "exchange", value: edge.exchange_mode },
        ...(edge.type_number === 0 ? [] : [{ name: "input", value: edge.type_number }]),
        ...(edge.output_tag === undefined ? [] : [{ name: "output tag", value: edge.output_tag }]),
      ])}
    </section>
  `;
}

export function renderVertex(
  graphs: Graphs,
  topology: Topology | null,
  id: string,
  select: Select,
): TemplateResult {
  const vertex = graphs.job_graph.vertices.find((known) => known.id === id);
  if (vertex === undefined) return html`<p class="none">The graph has no such vertex.</p>`;
  const operators = graphs.lab.nodes.filter((node) => node.vertex === id);
  const place = topology?.vertices.findIndex((known) => known.id === id) ?? -1;
  return html`
    <section>
      ${facts([
        { name: "JobVertexID", value: html`<code>${vertex.id}</code>` },
        { name: "parallelism", value: vertex.parallelism },
        { name: "max parallelism", value: vertex.max_parallelism },
        { name: "runs", value: vertex.invokable.split(".").at(-1) },
        { name: "slot sharing group", value: vertex.slot_sharing_group },
      ])}
    </section>
    <section>
      <h3>Operators</h3>
      ${lines(
        operators.map(
          (node) =>
            html`${link(nodeName(graphs, node.id), () => select({ kind: "node", node: node.id }))}
              <code class="note">${node.operator_id.slice(0, 8)}…</code>`,
        ),
      )}
    </section>
    ${
      vertex.inputs.length === 0
        ? nothing
        : html`<section>
            <h3>Inputs</h3>
            ${lines(
              vertex.inputs.map((input, at) =>
                link(`from ${vertexName(graphs, input.source)} by ${input.ship_strategy}`, () =>
                  select({ kind: "jobEdge", target: id, input: at }),
                ),
              ),
            )}
          </section>`
    }
    ${
      topology === null || place < 0
        ? nothing
        : html`<section>
            <h3>Subtasks</h3>
            ${taskLinks(topology, (task) => task.vertex === place, select)}
          </section>`
    }
  `;
}

export function renderJobEdge(graphs: Graphs, target: string, place: number, select: Select): TemplateResult {
  const input = graphs.job_graph.vertices.find((vertex) => vertex.id === target)?.inputs[place];
  if (input === undefined) return html`<p class="none">The graph has no such edge.</p>`;
  const end = (vertex: string): TemplateResult =>
    link(vertexName(graphs, vertex), () => select({ kind: "vertex", vertex }));
  return html`<section>
    ${facts([
      { name: "from", value: end(input.source) },
      { name: "to", value: end(target) },
      { name: "ship strategy", value: input.ship_strategy },
      { name: "distribution", value: input.distribution },
      { name: "result type", value: input.result_type },
      { name: "broadcast", value: input.broadcast ? "yes" : "no" },
      { name: "state, upstream", value: input.upstream_state_mapper },
      { name: "state, downstream", value: input.downstream_state_mapper },
    ])}
  </section>`;
}

export function renderSlot(
  topology: Topology,
  taskManager: number,
  slot: number,
  select: Select,
): TemplateResult {
  return html`
    <section>
      ${facts([{ name: "TaskManager", value: link(managerName(topology, taskManager), () => select({ kind: "taskManager", taskManager })) }])}
    </section>
    <section>
      <h3>Tasks that share it</h3>
      ${taskLinks(topology, (task) => task.taskManager === taskManager && task.slot === slot, select)}
    </section>
  `;
}

export function renderTaskManager(topology: Topology, id: number, select: Select): TemplateResult {
  const manager = topology.taskManagers.find((known) => known.id === id);
  if (manager === undefined) return html`<p class="none">It is not part of the cluster at this tick.</p>`;
  return html`
    <section>
      ${facts([
        { name: "slots", value: manager.slots },
        { name: "network segments", value: count(manager.segments) },
      ])}
    </section>
    <section>
      <h3>Tasks</h3>
      ${taskLinks(topology, (task) => task.taskManager === id, select)}
    </section>
  `;
}

export function managerName(topology: Topology, id: number): string {
  return topology.taskManagers.find((known) => known.id === id)?.name ?? `TaskManager ${id}`;
}

export function renderChannel(topology: Topology, place: number, select: Select): TemplateResult {
  const channel = topology.channels[place];
  if (channel === undefined) return html`<p class="none">The channel is gone.</p>`;
  const end = (task: number): TemplateResult =>
    link(topology.tasks[task]?.name ?? `task ${task}`, () => select({ kind: "task", task }));
  return html`<section>
    ${facts([
      { name: "from", value: end(channel.from) },
      { name: "subpartition", value: `${channel.subpartition} of result partition ${channel.output}` },
      { name: "to", value: end(channel.to) },
      { name: "channel", value: `${channel.channel} of input gate ${channel.gate}` },
      { name: "ships by", value: channel.shipStrategy },
      { name: "kind", value: channel.remote ? "remote, over a connection" : "local, in one TaskManager" },
    ])}
  </section>`;
}

function taskLinks(
  topology: Topology,
  wanted: (task: Topology["tasks"][number]) => boolean,
  select: Select,
): TemplateResult {
  const found = topology.tasks.map((task, place) => ({ task, place })).filter(({ task }) => wanted(task));
  if (found.length === 0) return html`<p class="none">${counted(0, "task")}.</p>`;
  return lines(found.map(({ task, place }) => link(task.name, () => select({ kind: "task", task: place }))));
}

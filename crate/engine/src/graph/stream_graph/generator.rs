//! From transformations to the StreamGraph.
//!
//! Contract: nodes and edges come in the order of Flink's recursion, inputs first; partitions, side outputs
//! and unions leave no node, but virtual ones use up ids as Flink's do. Flink: `StreamGraphGenerator`, the
//! `TransformationTranslator`s, `StreamGraph#addEdgeInternal`.

use std::rc::Rc;

use super::{EdgeIdx, StreamEdge, StreamGraph, StreamNode};
use crate::base::ids::TransformationId;
use crate::base::ordered::SortedMap;
use crate::base::sort::sort_few_by_key;
use crate::graph::checkpoint_settings::CheckpointSettings;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{KeySelector, OperatorSpec, Partitioner, SinkSpec};
use crate::graph::transformation::{
    ChainingStrategy, Job, RuntimeExecutionMode, StreamExchangeMode, Transformation, TransformationKind,
};
use crate::graph::windowing::{Trigger, WindowFunction};

const DEFAULT_SLOT_SHARING_GROUP: &str = "default";

/// The StreamGraph of a job, or why Flink would reject it.
pub fn generate(job: &Job) -> Result<StreamGraph, ApiError> {
    check_sources(job)?;
    let mut generator = Generator::new(job);
    for &id in &job.operators {
        generator.translate(id)?;
    }
    generator.finish()
}

/// Flink: `StreamGraphGenerator#shouldExecuteInBatchMode`.
fn check_sources(job: &Job) -> Result<(), ApiError> {
    let unbounded =
        unbounded_source(job).filter(|_| job.settings.runtime_mode == RuntimeExecutionMode::Batch);
    unbounded.map_or(Ok(()), |source| {
        Err(ApiError::about(
            &[source.id],
            "Detected an UNBOUNDED source with the 'execution.runtime-mode' set to 'BATCH'. This combination is not \
             allowed, please set the 'execution.runtime-mode' to STREAMING or AUTOMATIC.",
        ))
    })
}

fn unbounded_source(job: &Job) -> Option<&Transformation> {
    job.transformations.iter().find(|transformation| match &transformation.kind {
        TransformationKind::Source(operator) => operator.source().is_some_and(|source| !source.is_bounded()),
        _ => false,
    })
}

/// What stands for a transformation that makes no node.
#[derive(Clone)]
enum Virtual {
    Partition { upstream: TransformationId, partitioner: Partitioner, exchange_mode: StreamExchangeMode },
    SideOutput { upstream: TransformationId, tag: Rc<str> },
}

struct Generator<'a> {
    job: &'a Job,
    graph: StreamGraph,
    virtual_nodes: SortedMap<TransformationId, Virtual>,
    /// What a consumer of a transformation connects to: nodes and virtual nodes.
    translated: SortedMap<TransformationId, Vec<TransformationId>>,
    next_id: u32,
}

impl<'a> Generator<'a> {
    fn new(job: &'a Job) -> Self {
        let is_batch = match job.settings.runtime_mode {
            RuntimeExecutionMode::Streaming => false,
            RuntimeExecutionMode::Batch => true,
            RuntimeExecutionMode::Automatic => unbounded_source(job).is_none(),
        };
        let default_name = if is_batch { "Flink Batch Job" } else { "Flink Streaming Job" };
        let mut settings = job.settings.clone();
        if is_batch {
            settings.checkpoint = CheckpointSettings::default();
        }
        let graph = StreamGraph {
            job_name: job.settings.job_name.clone().unwrap_or_else(|| default_name.into()),
            settings,
            is_batch,
            nodes: SortedMap::new(),
            edges: Vec::new(),
            sources: Vec::new(),
            sinks: Vec::new(),
        };
        let next_id = job.transformations.len() as u32 + 1;
        Self { job, graph, virtual_nodes: SortedMap::new(), translated: SortedMap::new(), next_id }
    }

    fn translate(&mut self, id: TransformationId) -> Result<Vec<TransformationId>, ApiError> {
        if let Some(done) = self.translated.get(&id) {
            return Ok(done.clone());
        }
        let job = self.job;
        let transformation = job.transformation(id);
        let mut inputs = Vec::new();
        for input in transformation.kind.inputs() {
            inputs.push(self.translate(input)?);
        }
        let outputs = match &transformation.kind {
            TransformationKind::Source(operator) => {
                self.graph.sources.push(id);
                self.add_node(
                    transformation,
                    id,
                    format!("Source: {}", transformation.name),
                    operator,
                    &[],
                    &inputs,
                )?
            }
            TransformationKind::OneInput { operator, key, .. } => {
                let name = transformation.name.to_string();
                self.add_node(transformation, id, name, operator, std::slice::from_ref(key), &inputs)?
            }
            TransformationKind::TwoInput { operator, keys, .. } => {
                let name = transformation.name.to_string();
                self.add_node(transformation, id, name, operator, keys, &inputs)?
            }
            TransformationKind::LegacySink { sink, key, .. } => {
                self.graph.sinks.push(id);
                let operator = OperatorSpec::Sink(sink.clone());
                let name = format!("Sink: {}", transformation.name);
                self.add_node(transformation, id, name, &operator, std::slice::from_ref(key), &inputs)?;
                Vec::new()
            }
            TransformationKind::Sink { sink, key, .. } => {
                self.expand_sink(transformation, sink, std::slice::from_ref(key), &inputs)?;
                Vec::new()
            }
            TransformationKind::Partition { partitioner, exchange_mode, .. } => {
                self.add_partition(&inputs[0], partitioner, *exchange_mode)
            }
            TransformationKind::SideOutput { tag, .. } => {
                self.add_virtual(&inputs[0], |upstream| Virtual::SideOutput { upstream, tag: Rc::clone(tag) })
            }
            TransformationKind::Union { .. } => inputs.concat(),
        };
        self.translated.insert(id, outputs.clone());
        Ok(outputs)
    }

    fn add_partition(
        &mut self,
        upstream: &[TransformationId],
        partitioner: &Partitioner,
        exchange_mode: StreamExchangeMode,
    ) -> Vec<TransformationId> {
        // Streaming has no blocking exchange: an explicit one is reset.
        let exchange_mode = match exchange_mode {
            StreamExchangeMode::Batch if !self.graph.is_batch => StreamExchangeMode::Undefined,
            mode => mode,
        };
        self.add_virtual(upstream, |upstream| Virtual::Partition {
            upstream,
            partitioner: partitioner.clone(),
            exchange_mode,
        })
    }

    /// A sink expands to its writer, and its committer if it has one: transformations of their own, which Flink does
    /// not count among the sinks of its plan. In batch a blocking result is between them, so that a committer that is
    /// started again commits what it committed. Flink: `SinkTransformationTranslator.SinkExpander`.
    fn expand_sink(
        &mut self,
        transformation: &Transformation,
        sink: &SinkSpec,
        keys: &[Option<KeySelector>],
        inputs: &[Vec<TransformationId>],
    ) -> Result<(), ApiError> {
        let writer = self.new_id();
        let operator = OperatorSpec::Sink(sink.clone());
        let name = format!("{}: Writer", transformation.name);
        let written = self.add_node(transformation, writer, name, &operator, keys, inputs)?;
        let Some(by) = sink.committer() else { return Ok(()) };
        let is_checkpointing = self.graph.settings.checkpoint.is_enabled();
        let operator = OperatorSpec::Committer { by, is_checkpointing };
        // Ids of an operator that the job gives belong to the writer.
        let unnamed = Transformation { uid: None, uid_hash: None, ..transformation.clone() };
        let uid = transformation.uid.as_ref().map(|uid| format!("Sink Committer: {uid}").into());
        let unnamed = Transformation { uid, ..unnamed };
        // Between the two is the id of the transformation that partitions.
        self.new_id();
        let (committer, name) = (self.new_id(), format!("{}: Committer", transformation.name));
        let prepared = self.add_partition(&written, &Partitioner::Forward, StreamExchangeMode::Batch);
        self.add_node(&unnamed, committer, name, &operator, &[None], &[prepared])?;
        Ok(())
    }

    fn new_id(&mut self) -> TransformationId {
        self.next_id += 1;
        TransformationId(self.next_id - 1)
    }

    fn add_virtual(
        &mut self,
        upstream: &[TransformationId],
        make: impl Fn(TransformationId) -> Virtual,
    ) -> Vec<TransformationId> {
        upstream
            .iter()
            .map(|&upstream| {
                let id = self.new_id();
                self.virtual_nodes.insert(id, make(upstream));
                id
            })
            .collect()
    }

    fn add_node(
        &mut self,
        transformation: &Transformation,
        id: TransformationId,
        name: String,
        operator: &OperatorSpec,
        keys: &[Option<KeySelector>],
        inputs: &[Vec<TransformationId>],
    ) -> Result<Vec<TransformationId>, ApiError> {
        let settings = &self.job.settings;
        let is_sorted =
            self.graph.is_batch && keys.iter().any(Option::is_some) || sorts_stream(operator, keys);
        let chaining_strategy = match operator {
            // Flink's translators make this operator themselves, without the strategy that was set.
            OperatorSpec::BroadcastProcess { .. } => ChainingStrategy::Always,
            _ => transformation.chaining_strategy,
        };
        let node = StreamNode {
            id,
            transformation: transformation.id,
            description: transformation.description.clone().unwrap_or_else(|| Rc::from(name.as_str())),
            name: name.into(),
            operator: if self.graph.is_batch { operator.for_batch() } else { operator.clone() },
            keys: keys.to_vec(),
            parallelism: transformation.parallelism,
            max_parallelism: transformation.max_parallelism.or(settings.max_parallelism),
            slot_sharing_group: self.slot_sharing_group(transformation, inputs),
            co_location_group: transformation.co_location_group.clone(),
            chaining_strategy: match chaining_strategy {
                // Batch sorts the input of a keyed operator, which only the head of a chain can have.
                ChainingStrategy::Always if is_sorted => ChainingStrategy::Head,
                strategy => strategy,
            },
            buffer_timeout_ms: transformation.buffer_timeout_ms.unwrap_or(if self.graph.is_batch {
                -1
            } else {
                settings.buffer_timeout_ms
            }),
            uid: transformation.uid.clone(),
            uid_hash: transformation.uid_hash,
            in_edges: Vec::new(),
            out_edges: Vec::new(),
        };
        self.graph.nodes.insert(id, node);
        for (place, upstream) in (0..).zip(inputs) {
            let type_number = if inputs.len() > 1 { place + 1 } else { 0 };
            for &from in upstream {
                self.add_edge(from, id, type_number)?;
            }
        }
        Ok(vec![id])
    }

    /// Flink: `StreamGraphGenerator#determineSlotSharingGroup`.
    fn slot_sharing_group(
        &self,
        transformation: &Transformation,
        inputs: &[Vec<TransformationId>],
    ) -> Rc<str> {
        if let Some(group) = &transformation.slot_sharing_group {
            return Rc::clone(group);
        }
        let mut groups = inputs.iter().flatten().map(|&input| {
            let (node, _, _, _) = self.resolve(input);
            &self.graph.node(node).slot_sharing_group
        });
        match groups.next() {
            Some(first) if groups.all(|group| group == first) => Rc::clone(first),
            _ => DEFAULT_SLOT_SHARING_GROUP.into(),
        }
    }

    /// Follows virtual nodes up to a real one. The tag and the partitioner nearest the consumer win; of the
    /// exchange modes the one farthest from it.
    fn resolve(
        &self,
        from: TransformationId,
    ) -> (TransformationId, Option<Partitioner>, StreamExchangeMode, Option<Rc<str>>) {
        let (mut at, mut partitioner, mut mode, mut tag) = (from, None, StreamExchangeMode::Undefined, None);
        while let Some(node) = self.virtual_nodes.get(&at) {
            match node {
                Virtual::SideOutput { upstream, tag: this } => {
                    tag = tag.or_else(|| Some(Rc::clone(this)));
                    at = *upstream;
                }
                Virtual::Partition { upstream, partitioner: this, exchange_mode } => {
                    partitioner = partitioner.or_else(|| Some(this.clone()));
                    mode = *exchange_mode;
                    at = *upstream;
                }
            }
        }
        (at, partitioner, mode, tag)
    }

    fn add_edge(
        &mut self,
        from: TransformationId,
        to: TransformationId,
        type_number: u32,
    ) -> Result<(), ApiError> {
        let (source, partitioner, exchange_mode, output_tag) = self.resolve(from);
        let (up, down) = (self.graph.node(source), self.graph.node(to));
        let partitioner = match partitioner {
            Some(Partitioner::Forward) if up.parallelism != down.parallelism => {
                return Err(ApiError::about(
                    &[down.transformation, up.transformation],
                    format!(
                        "forward() needs the same parallelism on both sides: {} has {}, {} has {}. Set them equal, or \
                         use rebalance() or rescale() instead.",
                        up.name, up.parallelism, down.name, down.parallelism
                    ),
                ));
            }
            Some(partitioner) => partitioner,
            None if up.parallelism == down.parallelism => Partitioner::Forward,
            None => Partitioner::Rebalance,
        };
        let unique_id =
            self.graph.edges.iter().filter(|e| e.source == source && e.target == to).count() as u32;
        let edge = EdgeIdx(self.graph.edges.len() as u32);
        let supports_unaligned_checkpoints = partitioner.supports_unaligned_checkpoints();
        self.graph.edges.push(StreamEdge {
            source,
            target: to,
            type_number,
            partitioner,
            output_tag,
            exchange_mode,
            unique_id,
            supports_unaligned_checkpoints,
        });
        self.graph.nodes.get_mut(&source).expect("an edge begins at a node").out_edges.push(edge);
        self.graph.nodes.get_mut(&to).expect("an edge ends at a node").in_edges.push(edge);
        Ok(())
    }

    fn finish(mut self) -> Result<StreamGraph, ApiError> {
        sort_few_by_key(&mut self.graph.sources, |&source| source);
        // Barriers of one operator overtake on all its inputs or on none.
        for node in self.graph.nodes.values() {
            let edges = &mut self.graph.edges;
            if !node.in_edges.iter().all(|edge| edges[edge.index()].supports_unaligned_checkpoints) {
                for edge in &node.in_edges {
                    edges[edge.index()].supports_unaligned_checkpoints = false;
                }
            }
        }
        check_uids(&self.graph)?;
        Ok(self.graph)
    }
}

/// Whether nothing comes of an operator before the end of its input. Flink:
/// `OperatorAttributes#isOutputOnlyAfterEndOfStream`.
pub fn outputs_at_end_only(operator: &OperatorSpec, keys: &[Option<KeySelector>]) -> bool {
    match operator {
        OperatorSpec::Window(spec) => {
            spec.trigger == Trigger::EndOfStream
                && matches!(keys, [Some(key)] if *key != KeySelector::Constant)
        }
        OperatorSpec::FullWindow(_) => true,
        _ => false,
    }
}

/// Whether its input is sorted by key and time for that, though the job is a streaming one; not for an operator that
/// sorts itself. Flink: `OneInputTransformation#isInternalSorterSupported`.
pub fn sorts_stream(operator: &OperatorSpec, keys: &[Option<KeySelector>]) -> bool {
    let OperatorSpec::Window(spec) = operator else { return false };
    outputs_at_end_only(operator, keys) && !matches!(spec.function, WindowFunction::Sort(_))
}

fn check_uids(graph: &StreamGraph) -> Result<(), ApiError> {
    let mut seen: SortedMap<&str, &StreamNode> = SortedMap::new();
    for node in graph.nodes.values() {
        let Some(uid) = &node.uid else { continue };
        if let Some(first) = seen.insert(uid, node) {
            return Err(ApiError::about(
                &[node.transformation, first.transformation],
                format!(
                    "The uid \"{uid}\" is given twice, to {} and to {} (Flink: hash collision on user-specified ID). Give \
                     each operator its own.",
                    first.name, node.name
                ),
            ));
        }
    }
    Ok(())
}

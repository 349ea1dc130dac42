//! The cluster and the network that a random job runs on.

use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::ids::TaskId;
use weir_engine::base::limits::{
    EXCLUSIVE_BUFFERS_PER_CHANNEL, FLOATING_BUFFERS_PER_GATE, OVERDRAFT_BUFFERS_PER_PARTITION,
    SEGMENT_BYTES_MIN, SORT_PAGES_MIN,
};
use weir_engine::base::ordered::SortedMap;
use weir_engine::network::bounded_blocking::BoundedDataKind;
use weir_engine::network::debloat::DebloatOptions;
use weir_engine::scenario::Scenario;
use weir_engine::scheduler::options::{InputDependencyConstraint, SchedulerOptions, SchedulingMode};
use weir_engine::sim::world::World;
use weir_engine::task::memory::options::MemoryOptions;
use weir_engine::task::pace::Speed;

use crate::dice::Dice;

/// Ticks that the slowest link may take for all bytes of the job.
const TICKS_ON_A_LINK_MAX: u64 = 20_000;

/// What a cluster is drawn for.
pub struct Load<'a> {
    /// Texts that sources read.
    pub files: &'a Rc<SortedMap<Rc<str>, Rc<str>>>,
    /// Names of operators that may have a speed of their own.
    pub operators: &'a [Rc<str>],
    /// Bytes of all records on their way between operators, about.
    pub bytes: u64,
    pub is_batch: bool,
}

/// A cluster on which nothing is scarce: one TaskManager, big buffers, fast tasks.
pub fn roomy(load: &Load<'_>, slots: u32) -> Scenario {
    Scenario {
        slots_per_task_manager: slots,
        default_speed: Speed::RecordsPerTick(10_000),
        files: Rc::clone(load.files),
        segment_bytes: 1 << 18,
        memory: memory_for("64g", "6g"),
        ..Scenario::small(0)
    }
}

/// The cluster of a seed, with at least so many slots.
///
/// `world` is the job on any cluster: it knows the tasks.
pub fn random(seed: u64, load: &Load<'_>, slots: u32, world: &World) -> Scenario {
    let mut dice = Dice::new(seed, 2);
    let task_managers = dice.between(1, 6);
    // A batch job does with less than a slot for each of its groups.
    let all_slots = slots;
    let slots = if load.is_batch { dice.between(1, slots) } else { slots };
    let slots_per_task_manager = slots.div_ceil(task_managers) + dice.below(3);
    let bandwidth_min = (load.bytes / TICKS_ON_A_LINK_MAX).clamp(16, 1 << 24) as u32;
    let default_speed = speed(&mut dice);
    let mut speeds: SortedMap<Rc<str>, Speed> = SortedMap::new();
    for name in load.operators {
        if dice.once_in(5) {
            speeds.insert(Rc::clone(name), speed(&mut dice));
        }
    }
    let segment_bytes = match dice.below(4) {
        0 => SEGMENT_BYTES_MIN,
        1 => dice.pick(&[65, 100, 128, 256, 1024, 4096, 32 * 1024]),
        _ => dice.magnitude(SEGMENT_BYTES_MIN, 32 * 1024),
    };
    let exclusive = if dice.once_in(3) { dice.below(5) } else { EXCLUSIVE_BUFFERS_PER_CHANNEL };
    let mode = scheduling_mode(&mut Dice::new(seed, 7), load.is_batch, slots >= all_slots);
    let one_by_one = load.is_batch || matches!(mode, SchedulingMode::LazyFromSources(_));
    // The tasks of a batch job come one after the other and find the memory that those before have left: there is
    // enough for all. (Where there is not, the engine fails a deployment at once; Flink would wait for half a minute.)
    let slots_at_once = if load.is_batch { u32::MAX } else { slots_per_task_manager };
    let need = need(world, slots_at_once, exclusive);
    let segments = match dice.below(6) {
        0 if !one_by_one => need.promised,
        1 if !one_by_one => dice.between(need.promised, need.ample),
        2 => need.ample,
        _ => need.ample + dice.magnitude(1, 1000),
    };
    Scenario {
        task_managers,
        slots_per_task_manager,
        driver: if dice.once_in(4) { Driver::Default } else { Driver::Seeded },
        default_speed,
        speeds,
        files: Rc::clone(load.files),
        segment_bytes,
        memory: random_memory(seed, world, slots_per_task_manager, segment_bytes, segments),
        exclusive_buffers_per_channel: exclusive,
        debloat: dice.once_in(4).then(|| debloat(&mut dice)),
        blocking_shuffle: dice.pick(&[
            BoundedDataKind::File,
            BoundedDataKind::Mmap,
            BoundedDataKind::FileMmap,
        ]),
        disk_latency_ticks: dice.magnitude(1, 20) - 1,
        disk_bytes_per_tick: dice.magnitude(bandwidth_min, 1 << 20),
        connection_timeout_ticks: dice.pick(&[120_000, 120_000, 1500]),
        rpc_latency_ticks: dice.magnitude(1, 20),
        link_latency_ticks: if dice.once_in(20) { 500 } else { dice.magnitude(1, 40) },
        link_bytes_per_tick: if dice.once_in(3) {
            dice.magnitude(bandwidth_min, bandwidth_min * 8)
        } else {
            dice.magnitude(bandwidth_min, 1 << 24)
        },
        scheduler: SchedulerOptions { mode, ..SchedulerOptions::default() },
        ..Scenario::small(seed)
    }
}

/// What is scheduled when. A batch job whose tasks are not scheduled by region needs all its slots: one that waits for
/// another would hold a slot that the other waits for. Where a task waits for all its inputs, two that come from one
/// source can stop it for good: the one that is not read yet holds the source back, and with it the other.
fn scheduling_mode(dice: &mut Dice, is_batch: bool, has_all_slots: bool) -> SchedulingMode {
    match dice.below(4) {
        0 if !is_batch => SchedulingMode::Eager,
        1 if has_all_slots => SchedulingMode::LazyFromSources(InputDependencyConstraint::Any),
        _ => SchedulingMode::PipelinedRegion,
    }
}

/// Sizes that change often.
fn debloat(dice: &mut Dice) -> DebloatOptions {
    DebloatOptions {
        period_ticks: u64::from(dice.magnitude(5, 300)),
        target_ticks: u64::from(dice.magnitude(1, 1000)),
        samples: dice.between(1, 20),
        threshold_percent: dice.below(40),
        starting_bytes: dice.magnitude(1, 2000),
        min_bytes: dice.magnitude(1, 300),
    }
}

/// Segments of one TaskManager.
struct Need {
    /// That its tasks are promised at their deployment, wherever they come.
    promised: u32,
    /// With which no task's overdraft ever takes what is promised to another.
    ample: u32,
}

/// What the tasks of any so many slots need. Flink: `NettyShuffleUtils`, `InputGateSpecUtils`.
fn need(world: &World, slots: u32, exclusive_per_channel: u32) -> Need {
    let plan = world.plan();
    let of_task = |task: &TaskId| {
        let execution = &plan.executions[task.index()];
        let channels: usize = execution.gates.iter().map(|gate| gate.channels.len()).sum();
        let gates = execution.gates.len() as u32;
        let exclusive = exclusive_per_channel * channels as u32;
        let partitions = execution.partitions.iter().map(|partition| partition.subpartitions);
        let promised = partitions.clone().map(|n| n + 1).sum::<u32>() + gates + exclusive;
        let most = partitions.map(|n| 2 * n + FLOATING_BUFFERS_PER_GATE + OVERDRAFT_BUFFERS_PER_PARTITION);
        (promised, most.sum::<u32>() + FLOATING_BUFFERS_PER_GATE * gates + exclusive)
    };
    let groups = world.job_master().slots().groups();
    let greatest = |part: fn((u32, u32)) -> u32| {
        let mut needs: Vec<u32> =
            groups.iter().map(|group| group.tasks.iter().map(|task| part(of_task(task))).sum()).collect();
        needs.sort_unstable_by(|a, b| b.cmp(a));
        needs.iter().take(slots as usize).sum()
    };
    Need { promised: greatest(|(promised, _)| promised), ample: greatest(|(_, ample)| ample) }
}

/// The memory of a TaskManager of this size, so much of it for its network.
fn memory_for(process: &str, network: &str) -> MemoryOptions {
    let network = [("taskmanager.memory.network.min", network), ("taskmanager.memory.network.max", network)];
    let mut memory = MemoryOptions::default();
    for (key, size) in network.into_iter().chain([("taskmanager.memory.process.size", process)]) {
        memory.set(key, size).unwrap_or_else(|error| panic!("{key}: {size}: {error}"));
    }
    memory
}

/// So many segments for the network; for sorting as much as there is, or little more than each sorter must have.
fn random_memory(seed: u64, world: &World, slots: u32, segment_bytes: u32, segments: u32) -> MemoryOptions {
    let mut dice = Dice::new(seed, 5);
    let network = format!("{}b", u64::from(segments) * u64::from(segment_bytes));
    let sorters = world.plan().vertices.iter().filter(|vertex| vertex.sorts()).count() as u32;
    if sorters == 0 || dice.once_in(3) {
        return memory_for("1728m", &network);
    }
    let mut memory = memory_for("64g", &network);
    // Each may sort two inputs.
    let pages = 2 * dice.magnitude(SORT_PAGES_MIN, 60) * sorters * slots;
    let managed = format!("{}b", u64::from(pages) * u64::from(segment_bytes));
    memory.set("taskmanager.memory.managed.size", &managed).unwrap_or_else(|e| panic!("{managed}: {e}"));
    memory
}

fn speed(dice: &mut Dice) -> Speed {
    if dice.once_in(3) {
        Speed::TicksPerRecord(dice.magnitude(1, 12))
    } else {
        Speed::RecordsPerTick(dice.magnitude(1, 500))
    }
}

/// The cluster in words.
pub fn outline(scenario: &Scenario) -> Vec<String> {
    vec![
        format!(
            "{} TaskManagers of {} slots, {} segments of {} bytes",
            scenario.task_managers,
            scenario.slots_per_task_manager,
            scenario.network().map_or(0, |network| network.segments),
            scenario.segment_bytes
        ),
        format!(
            "{} exclusive buffers; disk: {:?}, {} ticks, {} bytes a tick; {:?}",
            scenario.exclusive_buffers_per_channel,
            scenario.blocking_shuffle,
            scenario.disk_latency_ticks,
            scenario.disk_bytes_per_tick,
            scenario.debloat
        ),
        format!(
            "links: {} ticks, {} bytes a tick, given up after {}; RPC: {} ticks; choices: {:?}",
            scenario.link_latency_ticks,
            scenario.link_bytes_per_tick,
            scenario.connection_timeout_ticks,
            scenario.rpc_latency_ticks,
            scenario.driver
        ),
        format!("scheduling: {:?}", scenario.scheduler.mode),
        format!("speed {:?}, but {:?}", scenario.default_speed, scenario.speeds),
    ]
}

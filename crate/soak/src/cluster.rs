//! The cluster and the network that a random job runs on.

use std::collections::BTreeMap;
use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::limits::SEGMENT_BYTES_MIN;
use weir_engine::scenario::Scenario;
use weir_engine::task::memory::options::MemoryOptions;
use weir_engine::task::memory::size::MemorySize;
use weir_engine::task::pace::Speed;

use crate::dice::Dice;
use crate::job::RandomJob;

/// Ticks that the slowest link may take for all bytes of the job.
const TICKS_ON_A_LINK_MAX: u64 = 20_000;

/// A cluster on which nothing is scarce: one TaskManager, big buffers, fast tasks.
pub fn roomy(job: &RandomJob, slots: u32) -> Scenario {
    Scenario {
        slots_per_task_manager: slots,
        default_speed: Speed::RecordsPerTick(10_000),
        files: Rc::clone(&job.files),
        segment_bytes: 1 << 20,
        // So many big segments are no little memory; only what is used of it is ever there.
        memory: MemoryOptions {
            process_size: Some(MemorySize::mebibytes(64 << 10)),
            ..MemoryOptions::default()
        },
        ..Scenario::small(0)
    }
}

/// The cluster of a seed, with at least so many slots.
pub fn random(seed: u64, job: &RandomJob, slots: u32) -> Scenario {
    let mut dice = Dice::new(seed, 2);
    let task_managers = dice.between(1, 6);
    let slots_per_task_manager = slots.div_ceil(task_managers) + dice.below(3);
    let bandwidth_min = (job.bytes / TICKS_ON_A_LINK_MAX).clamp(16, 1 << 24) as u32;
    let default_speed = speed(&mut dice);
    let mut speeds: BTreeMap<Rc<str>, Speed> = BTreeMap::new();
    for name in &job.operators {
        if dice.once_in(5) {
            speeds.insert(Rc::clone(name), speed(&mut dice));
        }
    }
    Scenario {
        task_managers,
        slots_per_task_manager,
        driver: if dice.once_in(4) { Driver::Default } else { Driver::Seeded },
        default_speed,
        speeds,
        files: Rc::clone(&job.files),
        segment_bytes: match dice.below(4) {
            0 => SEGMENT_BYTES_MIN,
            1 => dice.pick(&[65, 100, 128, 256, 1024, 4096, 32 * 1024]),
            _ => dice.magnitude(SEGMENT_BYTES_MIN, 32 * 1024),
        },
        rpc_latency_ticks: dice.magnitude(1, 20),
        link_latency_ticks: if dice.once_in(20) { 500 } else { dice.magnitude(1, 40) },
        link_bytes_per_tick: if dice.once_in(3) {
            dice.magnitude(bandwidth_min, bandwidth_min * 8)
        } else {
            dice.magnitude(bandwidth_min, 1 << 24)
        },
        ..Scenario::small(seed)
    }
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
            "{} TaskManagers of {} slots, segments of {} bytes",
            scenario.task_managers, scenario.slots_per_task_manager, scenario.segment_bytes
        ),
        format!(
            "links: {} ticks, {} bytes a tick; RPC: {} ticks; choices: {:?}",
            scenario.link_latency_ticks,
            scenario.link_bytes_per_tick,
            scenario.rpc_latency_ticks,
            scenario.driver
        ),
        format!("speed {:?}, but {:?}", scenario.default_speed, scenario.speeds),
    ]
}

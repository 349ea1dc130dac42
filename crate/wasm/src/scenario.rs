//! The scenario as the page gives it.

use std::rc::Rc;

use serde::Deserialize;
use wasm_bindgen::JsValue;
use weir_engine::base::ordered::{SortedMap, map_of};
use weir_engine::checkpoint::storage::file_system::FileSystemOptions;
use weir_engine::network::bounded_blocking::BoundedDataKind;
use weir_engine::network::debloat::DebloatOptions;
use weir_engine::scenario::{Scenario, ScheduledFault, SpeedChange};
use weir_engine::task::memory::options::MemoryOptions;
use weir_engine::task::pace::Speed;

use crate::command::CommandOptions;
use crate::error::JobError;
use crate::object::ObjectMap;

/// `ScenarioOptions` of the protocol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScenarioOptions {
    seed: f64,
    task_managers: u32,
    slots_per_task_manager: u32,
    files: ObjectMap<String, String>,
    #[serde(default)]
    speeds: ObjectMap<String, f64>,
    #[serde(default)]
    speed_changes: Vec<SpeedChangeOptions>,
    segment_bytes: Option<u32>,
    #[serde(default)]
    memory: ObjectMap<String, String>,
    #[serde(default)]
    link_faults: Vec<ScheduledFaultOptions>,
    #[serde(default)]
    process_faults: Vec<ScheduledFaultOptions>,
    connection_timeout_ticks: Option<f64>,
    exclusive_buffers_per_channel: Option<u32>,
    buffer_debloat: Option<DebloatSettings>,
    link_latency_ticks: Option<u32>,
    link_bytes_per_tick: Option<u32>,
    #[serde(default)]
    blocking_shuffle: BlockingShuffle,
    disk_latency_ticks: Option<u32>,
    disk_bytes_per_tick: Option<u32>,
    file_system_latency_ticks: Option<u32>,
    file_system_bytes_per_tick: Option<u32>,
}

/// How the files of blocking results are written and read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum BlockingShuffle {
    #[default]
    File,
    Mmap,
    FileMmap,
}

/// `BufferDebloat` of the protocol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DebloatSettings {
    period_ticks: Option<u32>,
    target_ticks: Option<u32>,
    samples: Option<u32>,
    threshold_percent: Option<u32>,
    starting_bytes: Option<u32>,
    min_bytes: Option<u32>,
}

impl From<DebloatSettings> for DebloatOptions {
    fn from(settings: DebloatSettings) -> Self {
        let default = Self::default();
        Self {
            period_ticks: settings.period_ticks.map_or(default.period_ticks, u64::from),
            target_ticks: settings.target_ticks.map_or(default.target_ticks, u64::from),
            samples: settings.samples.unwrap_or(default.samples),
            threshold_percent: settings.threshold_percent.unwrap_or(default.threshold_percent),
            starting_bytes: settings.starting_bytes.unwrap_or(default.starting_bytes),
            min_bytes: settings.min_bytes.unwrap_or(default.min_bytes),
        }
    }
}

/// A fault of `ScenarioOptions`.
#[derive(Deserialize)]
struct ScheduledFaultOptions {
    tick: f64,
    fault: CommandOptions,
}

/// `SpeedChange` of the protocol.
#[derive(Deserialize)]
struct SpeedChangeOptions {
    tick: f64,
    name: String,
    speed: f64,
}

/// Reads the page's options; what is missing is at its default.
pub fn from_js(options: JsValue) -> Result<Scenario, JobError> {
    let options: ScenarioOptions = serde_wasm_bindgen::from_value(options)
        .map_err(|error| JobError::new("api", format!("The scenario's settings cannot be read: {error}.")))?;
    let default = Scenario::small(options.seed as u64);
    let mut speeds = SortedMap::new();
    for (name, records_per_tick) in &options.speeds.0 {
        speeds.insert(Rc::from(name.as_str()), speed(name, *records_per_tick)?);
    }
    let mut speed_changes = Vec::new();
    for change in &options.speed_changes {
        speed_changes.push(SpeedChange {
            at_tick: change.tick as u64,
            name: change.name.as_str().into(),
            speed: speed(&change.name, change.speed)?,
        });
    }
    let mut link_faults = Vec::new();
    let mut process_faults = Vec::new();
    for scheduled in &options.process_faults {
        process_faults.push((scheduled.tick as u64, scheduled.fault.process_fault()?));
    }
    for scheduled in &options.link_faults {
        let fault = scheduled.fault.link_fault()?;
        link_faults.push(ScheduledFault { at_tick: scheduled.tick as u64, fault });
    }
    let default_speed = speeds.remove("default").unwrap_or(default.default_speed);
    let memory = options.memory.0.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let memory =
        MemoryOptions::from_configuration(memory).map_err(|error| JobError::new("api", error.to_string()))?;
    Ok(Scenario {
        task_managers: options.task_managers,
        slots_per_task_manager: options.slots_per_task_manager,
        default_speed,
        speeds,
        speed_changes,
        files: Rc::new(map_of(
            options.files.0.iter().map(|(path, text)| (path.as_str().into(), text.as_str().into())),
        )),
        segment_bytes: options.segment_bytes.unwrap_or(default.segment_bytes),
        memory,
        link_faults,
        process_faults,
        connection_timeout_ticks: options
            .connection_timeout_ticks
            .map_or(default.connection_timeout_ticks, |ticks| ticks as u64),
        exclusive_buffers_per_channel: options
            .exclusive_buffers_per_channel
            .unwrap_or(default.exclusive_buffers_per_channel),
        debloat: options.buffer_debloat.map(DebloatOptions::from),
        link_latency_ticks: options.link_latency_ticks.unwrap_or(default.link_latency_ticks),
        link_bytes_per_tick: options.link_bytes_per_tick.unwrap_or(default.link_bytes_per_tick),
        blocking_shuffle: match options.blocking_shuffle {
            BlockingShuffle::File => BoundedDataKind::File,
            BlockingShuffle::Mmap => BoundedDataKind::Mmap,
            BlockingShuffle::FileMmap => BoundedDataKind::FileMmap,
        },
        disk_latency_ticks: options.disk_latency_ticks.unwrap_or(default.disk_latency_ticks),
        disk_bytes_per_tick: options.disk_bytes_per_tick.unwrap_or(default.disk_bytes_per_tick),
        file_system: FileSystemOptions {
            latency_ticks: options.file_system_latency_ticks.unwrap_or(default.file_system.latency_ticks),
            bytes_per_tick: options.file_system_bytes_per_tick.unwrap_or(default.file_system.bytes_per_tick),
        },
        ..default
    })
}

/// Records a tick; below one it is the reciprocal that counts: 0.2 is five ticks a record.
pub fn speed(name: &str, records_per_tick: f64) -> Result<Speed, JobError> {
    let whole = |number: f64| number.round().clamp(1.0, f64::from(u32::MAX)) as u32;
    if records_per_tick >= 1.0 {
        Ok(Speed::RecordsPerTick(whole(records_per_tick)))
    } else if records_per_tick > 0.0 {
        Ok(Speed::TicksPerRecord(whole(1.0 / records_per_tick)))
    } else {
        let message = format!(
            "The speed of \"{name}\" must be a number of records a tick above 0, and is {records_per_tick}."
        );
        Err(JobError::new("api", message))
    }
}

//! The scenario as the page gives it.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use weir_engine::base::ordered::{SortedMap, map_of};
use weir_engine::checkpoint::storage::file_system::FileSystemOptions;
use weir_engine::cluster::deployment::Deployment;
use weir_engine::cluster::high_availability::HighAvailabilityOptions;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::cluster::slot_manager::{LoadBalanceMode, SlotManagerOptions};
use weir_engine::cluster::yarn::YarnOptions;
use weir_engine::network::bounded_blocking::BoundedDataKind;
use weir_engine::network::debloat::DebloatOptions;
use weir_engine::scenario::{Scenario, ScenarioCommand, ScheduledFault, SpeedChange};
use weir_engine::scheduler::options::{AdaptiveOptions, SchedulerKind, SchedulerOptions};
use weir_engine::task::memory::options::MemoryOptions;
use weir_engine::task::pace::Speed;

use crate::command::CommandOptions;
use crate::error::JobError;
use crate::settings::Settings;
use crate::value::from_number;

/// Reads the page's options, `ScenarioOptions` of the protocol; what is missing is at its default.
pub fn from_js(options: JsValue) -> Result<Scenario, JobError> {
    let options = Settings::new("The scenario's settings", options);
    let default = Scenario::small(options.required::<f64>("seed")? as u64);
    let count = |name, default: u32| Ok::<_, JobError>(options.get(name)?.unwrap_or(default));
    let mut speeds = SortedMap::new();
    for (name, records_per_tick) in &options.entries("speeds")? {
        speeds.insert(Rc::from(name.as_str()), speed(name, *records_per_tick)?);
    }
    let default_speed = speeds.remove("default").unwrap_or(default.default_speed);
    let memory: SortedMap<String, String> = options.entries("memory")?;
    let memory = memory.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let memory =
        MemoryOptions::from_configuration(memory).map_err(|error| JobError::new("api", error.to_string()))?;
    let files: SortedMap<String, String> = options.entries("files")?;
    let timeout: Option<f64> = options.get("connectionTimeoutTicks")?;
    Ok(Scenario {
        deployment: deployment(&options)?,
        task_managers: options.required("taskManagers")?,
        slots_per_task_manager: options.required("slotsPerTaskManager")?,
        default_speed,
        speeds,
        speed_changes: speed_changes(&options)?,
        files: Rc::new(map_of(files.into_iter().map(|(path, text)| (path.into(), text.into())))),
        segment_bytes: count("segmentBytes", default.segment_bytes)?,
        memory,
        link_faults: link_faults(&options)?,
        process_faults: process_faults(&options)?,
        commands: commands(&options)?,
        connection_timeout_ticks: timeout.map_or(default.connection_timeout_ticks, |ticks| ticks as u64),
        exclusive_buffers_per_channel: count(
            "exclusiveBuffersPerChannel",
            default.exclusive_buffers_per_channel,
        )?,
        savepoint_directory: match options.get::<String>("savepointDirectory")? {
            Some(directory) if directory.is_empty() => None,
            Some(directory) => Some(directory.into()),
            None => default.savepoint_directory,
        },
        high_availability: options
            .object("highAvailability")?
            .map(|settings| high_availability(&settings))
            .transpose()?,
        debloat: options.object("bufferDebloat")?.map(|settings| debloat(&settings)).transpose()?,
        start_up_step_ticks: options.get("startUpStepTicks")?,
        link_latency_ticks: count("linkLatencyTicks", default.link_latency_ticks)?,
        link_bytes_per_tick: count("linkBytesPerTick", default.link_bytes_per_tick)?,
        blocking_shuffle: blocking_shuffle(&options)?,
        disk_latency_ticks: count("diskLatencyTicks", default.disk_latency_ticks)?,
        disk_bytes_per_tick: count("diskBytesPerTick", default.disk_bytes_per_tick)?,
        file_system: FileSystemOptions {
            latency_ticks: count("fileSystemLatencyTicks", default.file_system.latency_ticks)?,
            bytes_per_tick: count("fileSystemBytesPerTick", default.file_system.bytes_per_tick)?,
        },
        scheduler: options.object("scheduler")?.map_or(Ok(default.scheduler), |it| scheduler(&it))?,
        slot_manager: options
            .object("slotManager")?
            .map_or(Ok(default.slot_manager), |it| slot_manager(&it))?,
        ..default
    })
}

/// Reads `SchedulerOptions` of the protocol.
fn scheduler(settings: &Settings) -> Result<SchedulerOptions, JobError> {
    let default = SchedulerOptions::default();
    let given = |name| settings.get(name).map(|ticks: Option<f64>| ticks.map(|ticks| ticks as u64));
    let ticks = |name, default: u64| given(name).map(|ticks| ticks.unwrap_or(default));
    let kind: Option<String> = settings.get("kind")?;
    Ok(SchedulerOptions {
        kind: match kind.as_deref() {
            None | Some("default") => SchedulerKind::Default,
            Some("adaptive") => SchedulerKind::Adaptive,
            Some("reactive") => SchedulerKind::Reactive,
            Some(_) => return Err(settings.error("kind is default, adaptive or reactive")),
        },
        slot_request_timeout_ticks: ticks("slotRequestTimeoutTicks", default.slot_request_timeout_ticks)?,
        slot_idle_timeout_ticks: ticks("slotIdleTimeoutTicks", default.slot_idle_timeout_ticks)?,
        load_balance: default.load_balance,
        local_recovery: settings.flag("localRecovery")?,
        adaptive: AdaptiveOptions {
            wait_timeout_ticks: given("waitTimeoutTicks")?,
            submission_stabilization_ticks: given("submissionStabilizationTicks")?,
            stabilization_ticks: ticks("stabilizationTicks", default.adaptive.stabilization_ticks)?,
            cooldown_ticks: ticks("cooldownTicks", default.adaptive.cooldown_ticks)?,
            max_delay_ticks: given("maxDelayTicks")?,
            max_checkpoint_failures: ticks("maxCheckpointFailures", 2)?.max(1) as u32,
        },
    })
}

/// Reads `SlotManagerOptions` of the protocol.
fn slot_manager(settings: &Settings) -> Result<SlotManagerOptions, JobError> {
    let default = SlotManagerOptions::default();
    let ticks = |name, default: u64| {
        settings.get(name).map(|ticks: Option<f64>| ticks.map_or(default, |ticks| ticks as u64))
    };
    let mode: Option<String> = settings.get("loadBalance")?;
    Ok(SlotManagerOptions {
        is_active: settings.flag("active")?,
        worker_start_ticks: ticks("workerStartTicks", default.worker_start_ticks)?,
        requirement_check_ticks: ticks("requirementCheckTicks", default.requirement_check_ticks)?,
        declare_needed_ticks: ticks("declareNeededTicks", default.declare_needed_ticks)?,
        start_up_ticks: ticks("startUpTicks", default.start_up_ticks)?,
        idle_timeout_ticks: ticks("idleTimeoutTicks", default.idle_timeout_ticks)?,
        redundant: ticks("redundant", 0)? as u32,
        load_balance: match mode.as_deref() {
            None | Some("NONE") => LoadBalanceMode::None,
            Some("SLOTS") => LoadBalanceMode::Slots,
            Some("MIN_RESOURCES") => LoadBalanceMode::MinResources,
            Some("TASKS") => LoadBalanceMode::Tasks,
            Some(_) => return Err(settings.error("loadBalance is NONE, SLOTS, MIN_RESOURCES or TASKS")),
        },
    })
}

/// How the cluster is deployed, as `execution.target` says it.
fn deployment(options: &Settings) -> Result<Deployment, JobError> {
    let target: Option<String> = options.get("deployment")?;
    Ok(match target.as_deref() {
        None | Some("session") => Deployment::Session,
        Some("application") => Deployment::Application,
        Some("yarn-application") => {
            let default = YarnOptions::default();
            Deployment::Yarn(YarnOptions {
                node_managers: options.get("nodeManagers")?.unwrap_or(default.node_managers),
                node_memory_mb: options.get("nodeMemoryMb")?.unwrap_or(default.node_memory_mb),
                ..default
            })
        }
        Some(target) => {
            let message = "deployment is session, application or yarn-application, and not ";
            return Err(options.error(&format!("{message}{target}")));
        }
    })
}

fn speed_changes(options: &Settings) -> Result<Vec<SpeedChange>, JobError> {
    let mut changes = Vec::new();
    for change in options.list("speedChanges")? {
        let name: String = change.required("name")?;
        let (at_tick, speed) = (tick(&change)?, speed(&name, change.required("speed")?)?);
        changes.push(SpeedChange { at_tick, name: name.into(), speed });
    }
    Ok(changes)
}

fn link_faults(options: &Settings) -> Result<Vec<ScheduledFault>, JobError> {
    let mut faults = Vec::new();
    for scheduled in options.list("linkFaults")? {
        let fault = CommandOptions::new(scheduled.value("fault")?)?.link_fault()?;
        faults.push(ScheduledFault { at_tick: tick(&scheduled)?, fault });
    }
    Ok(faults)
}

fn process_faults(options: &Settings) -> Result<Vec<(u64, ProcessFault)>, JobError> {
    let mut faults = Vec::new();
    for scheduled in options.list("processFaults")? {
        let fault = CommandOptions::new(scheduled.value("fault")?)?.process_fault()?;
        faults.push((tick(&scheduled)?, fault));
    }
    Ok(faults)
}

fn commands(options: &Settings) -> Result<Vec<(u64, ScenarioCommand)>, JobError> {
    let mut commands = Vec::new();
    for given in options.list("commands")? {
        let command = CommandOptions::new(given.value("command")?)?.scenario_command()?;
        let command = command.ok_or_else(|| given.error("this command is for a run, not for a scenario"))?;
        commands.push((tick(&given)?, command));
    }
    Ok(commands)
}

/// Reads `HighAvailability` of the protocol: the defaults are those of Flink with ZooKeeper.
fn high_availability(settings: &Settings) -> Result<HighAvailabilityOptions, JobError> {
    Ok(HighAvailabilityOptions {
        job_managers: settings.required("jobManagers")?,
        session_timeout_ticks: settings.get("sessionTimeoutTicks")?.unwrap_or(60_000),
        latency_ticks: settings.get("latencyTicks")?.unwrap_or(10),
    })
}

fn tick(scheduled: &Settings) -> Result<u64, JobError> {
    Ok(scheduled.required::<f64>("tick")? as u64)
}

/// Reads `BufferDebloat` of the protocol.
fn debloat(settings: &Settings) -> Result<DebloatOptions, JobError> {
    let default = DebloatOptions::default();
    let count = |name, default: u32| Ok::<_, JobError>(settings.get(name)?.unwrap_or(default));
    Ok(DebloatOptions {
        period_ticks: u64::from(count("periodTicks", default.period_ticks as u32)?),
        target_ticks: u64::from(count("targetTicks", default.target_ticks as u32)?),
        samples: count("samples", default.samples)?,
        threshold_percent: count("thresholdPercent", default.threshold_percent)?,
        starting_bytes: count("startingBytes", default.starting_bytes)?,
        min_bytes: count("minBytes", default.min_bytes)?,
    })
}

/// How the files of blocking results are written and read.
fn blocking_shuffle(options: &Settings) -> Result<BoundedDataKind, JobError> {
    let kind: Option<String> = options.get("blockingShuffle")?;
    match kind.as_deref() {
        None | Some("FILE") => Ok(BoundedDataKind::File),
        Some("MMAP") => Ok(BoundedDataKind::Mmap),
        Some("FILE_MMAP") => Ok(BoundedDataKind::FileMmap),
        Some(kind) => {
            Err(options.error(&format!("blockingShuffle is FILE, MMAP or FILE_MMAP, and not {kind}")))
        }
    }
}

/// Records a tick; below one it is the reciprocal that counts: 0.2 is five ticks a record.
pub fn speed(name: &str, records_per_tick: f64) -> Result<Speed, JobError> {
    let whole = |number: f64| number.round().clamp(1.0, f64::from(u32::MAX)) as u32;
    if records_per_tick >= 1.0 {
        Ok(Speed::RecordsPerTick(whole(records_per_tick)))
    } else if records_per_tick > 0.0 {
        Ok(Speed::TicksPerRecord(whole(1.0 / records_per_tick)))
    } else {
        let given = from_number(records_per_tick);
        let message =
            format!("The speed of \"{name}\" must be a number of records a tick above 0, and is {given}.");
        Err(JobError::new("api", message))
    }
}

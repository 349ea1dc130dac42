//! The scenario as the page gives it.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use weir_engine::base::ordered::{SortedMap, map_of};
use weir_engine::cluster::ask::RpcFault;
use weir_engine::cluster::deployment::Deployment;
use weir_engine::cluster::high_availability::HighAvailabilityOptions;
use weir_engine::cluster::slot_manager::{LoadBalanceMode, SlotManagerOptions};
use weir_engine::cluster::yarn::YarnOptions;
use weir_engine::network::bounded_blocking::BoundedDataKind;
use weir_engine::network::debloat::DebloatOptions;
use weir_engine::scenario::{Scenario, ScheduledFault, SpeedChange};
use weir_engine::scheduler::options::{
    InputDependencyConstraint, SchedulerKind, SchedulerOptions, SchedulingMode,
};
use weir_engine::task::memory::options::MemoryOptions;
use weir_engine::task::pace::Speed;

use crate::command::CommandOptions;
use crate::error::JobError;
use crate::settings::Settings;
use crate::value::from_number;

/// Reads the page's options, `ScenarioOptions` of the protocol; what is missing is at its default.
pub fn from_js(options: JsValue) -> Result<Scenario, JobError> {
    let options = Settings::new("The scenario's settings", options);
    let mut scenario = Scenario::small(options.required::<f64>("seed")? as u64);
    scenario.task_managers = options.required("taskManagers")?;
    scenario.slots_per_task_manager = options.required("slotsPerTaskManager")?;
    options.counts(&mut [
        ("segmentBytes", &mut scenario.segment_bytes),
        ("exclusiveBuffersPerChannel", &mut scenario.exclusive_buffers_per_channel),
        ("linkLatencyTicks", &mut scenario.link_latency_ticks),
        ("linkBytesPerTick", &mut scenario.link_bytes_per_tick),
        ("diskLatencyTicks", &mut scenario.disk_latency_ticks),
        ("diskBytesPerTick", &mut scenario.disk_bytes_per_tick),
        ("fileSystemLatencyTicks", &mut scenario.file_system.latency_ticks),
        ("fileSystemBytesPerTick", &mut scenario.file_system.bytes_per_tick),
    ])?;
    options.ticks(&mut [("connectionTimeoutTicks", &mut scenario.connection_timeout_ticks)])?;
    scenario.start_up_step_ticks = options.get("startUpStepTicks")?;
    scenario.deployment = deployment(&options)?;
    scenario.blocking_shuffle = blocking_shuffle(&options)?;
    scenario.memory = memory(&options)?;
    let files: SortedMap<String, String> = options.entries("files")?;
    scenario.files = Rc::new(map_of(files.into_iter().map(|(path, text)| (path.into(), text.into()))));
    read_speeds(&options, &mut scenario)?;
    read_events(&options, &mut scenario)?;
    if let Some(directory) = options.get::<String>("savepointDirectory")? {
        scenario.savepoint_directory = (!directory.is_empty()).then(|| directory.into());
    }
    if let Some(settings) = options.object("highAvailability")? {
        scenario.high_availability = Some(high_availability(&settings)?);
    }
    if let Some(settings) = options.object("bufferDebloat")? {
        scenario.debloat = Some(debloat(&settings)?);
    }
    if let Some(settings) = options.object("scheduler")? {
        read_scheduler(&settings, &mut scenario.scheduler)?;
    }
    if let Some(settings) = options.object("slotManager")? {
        read_slot_manager(&settings, &mut scenario.slot_manager)?;
    }
    Ok(scenario)
}

fn memory(options: &Settings) -> Result<MemoryOptions, JobError> {
    let memory: SortedMap<String, String> = options.entries("memory")?;
    let memory = memory.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    MemoryOptions::from_configuration(memory).map_err(|error| JobError::new("api", error.to_string()))
}

/// How fast what works, from the start and from some tick on.
fn read_speeds(options: &Settings, scenario: &mut Scenario) -> Result<(), JobError> {
    for (name, records_per_tick) in &options.entries("speeds")? {
        scenario.speeds.insert(Rc::from(name.as_str()), speed(name, *records_per_tick)?);
    }
    if let Some(speed) = scenario.speeds.remove("default") {
        scenario.default_speed = speed;
    }
    for change in options.list("speedChanges")? {
        let name: String = change.required("name")?;
        let (at_tick, speed) = (tick(&change)?, speed(&name, change.required("speed")?)?);
        scenario.speed_changes.push(SpeedChange { at_tick, name: name.into(), speed });
    }
    Ok(())
}

/// What happens at which tick: faults, and what the client asks for.
fn read_events(options: &Settings, scenario: &mut Scenario) -> Result<(), JobError> {
    for scheduled in options.list("linkFaults")? {
        let fault = CommandOptions::new(scheduled.value("fault")?)?.link_fault()?;
        scenario.link_faults.push(ScheduledFault { at_tick: tick(&scheduled)?, fault });
    }
    for scheduled in options.list("processFaults")? {
        let options = CommandOptions::new(scheduled.value("fault")?)?;
        let fault = options.process_fault()?.ok_or_else(|| options.unknown())?;
        scenario.process_faults.push((tick(&scheduled)?, fault));
    }
    for fault in options.list("rpcFaults")? {
        let delay_ticks = fault.get::<u32>("delayTicks")?.map(u64::from);
        scenario.rpc_faults.push(RpcFault { number: fault.required::<u32>("number")?.into(), delay_ticks });
    }
    for given in options.list("commands")? {
        let command = CommandOptions::new(given.value("command")?)?.scenario_command()?;
        let command = command.ok_or_else(|| given.error("this command is for a run, not for a scenario"))?;
        scenario.commands.push((tick(&given)?, command));
    }
    Ok(())
}

/// Reads `SchedulerOptions` of the protocol.
fn read_scheduler(settings: &Settings, scheduler: &mut SchedulerOptions) -> Result<(), JobError> {
    let given = |name| settings.get(name).map(|ticks: Option<f64>| ticks.map(|ticks| ticks as u64));
    let kind: Option<String> = settings.get("kind")?;
    scheduler.kind = match kind.as_deref() {
        None | Some("default") => SchedulerKind::Default,
        Some("adaptive") => SchedulerKind::Adaptive,
        Some("reactive") => SchedulerKind::Reactive,
        Some(_) => return Err(settings.error("kind is default, adaptive or reactive")),
    };
    scheduler.mode = read_scheduling_mode(settings)?;
    if scheduler.is_adaptive() && scheduler.mode != SchedulingMode::PipelinedRegion {
        return Err(settings.error("the adaptive scheduler has no strategy but pipelined-region"));
    }
    scheduler.local_recovery = settings.flag("localRecovery")?;
    let adaptive = &mut scheduler.adaptive;
    adaptive.wait_timeout_ticks = given("waitTimeoutTicks")?;
    adaptive.submission_stabilization_ticks = given("submissionStabilizationTicks")?;
    adaptive.max_delay_ticks = given("maxDelayTicks")?;
    settings.counts(&mut [("maxCheckpointFailures", &mut adaptive.max_checkpoint_failures)])?;
    adaptive.max_checkpoint_failures = adaptive.max_checkpoint_failures.max(1);
    settings.ticks(&mut [
        ("slotRequestTimeoutTicks", &mut scheduler.slot_request_timeout_ticks),
        ("slotIdleTimeoutTicks", &mut scheduler.slot_idle_timeout_ticks),
        ("stabilizationTicks", &mut adaptive.stabilization_ticks),
        ("cooldownTicks", &mut adaptive.cooldown_ticks),
    ])
}

fn read_scheduling_mode(settings: &Settings) -> Result<SchedulingMode, JobError> {
    let constraint = if settings.flag("allInputs")? {
        InputDependencyConstraint::All
    } else {
        InputDependencyConstraint::Any
    };
    let strategy: Option<String> = settings.get("strategy")?;
    match strategy.as_deref() {
        None | Some("pipelined-region") => Ok(SchedulingMode::PipelinedRegion),
        Some("eager") => Ok(SchedulingMode::Eager),
        Some("lazy-from-sources") => Ok(SchedulingMode::LazyFromSources(constraint)),
        Some(_) => Err(settings.error("strategy is pipelined-region, eager or lazy-from-sources")),
    }
}

/// Reads `SlotManagerOptions` of the protocol.
fn read_slot_manager(settings: &Settings, slot_manager: &mut SlotManagerOptions) -> Result<(), JobError> {
    let mode: Option<String> = settings.get("loadBalance")?;
    slot_manager.load_balance = match mode.as_deref() {
        None | Some("NONE") => LoadBalanceMode::None,
        Some("SLOTS") => LoadBalanceMode::Slots,
        Some("MIN_RESOURCES") => LoadBalanceMode::MinResources,
        Some("TASKS") => LoadBalanceMode::Tasks,
        Some(_) => return Err(settings.error("loadBalance is NONE, SLOTS, MIN_RESOURCES or TASKS")),
    };
    slot_manager.is_active = settings.flag("active")?;
    settings.counts(&mut [("redundant", &mut slot_manager.redundant)])?;
    settings.ticks(&mut [
        ("workerStartTicks", &mut slot_manager.worker_start_ticks),
        ("requirementCheckTicks", &mut slot_manager.requirement_check_ticks),
        ("declareNeededTicks", &mut slot_manager.declare_needed_ticks),
        ("startUpTicks", &mut slot_manager.start_up_ticks),
        ("idleTimeoutTicks", &mut slot_manager.idle_timeout_ticks),
    ])
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
                attempts: options.get("applicationAttempts")?,
                ..default
            })
        }
        Some(target) => {
            let message = "deployment is session, application or yarn-application, and not ";
            return Err(options.error(&format!("{message}{target}")));
        }
    })
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
    let mut debloat = DebloatOptions::default();
    settings.ticks(&mut [
        ("periodTicks", &mut debloat.period_ticks),
        ("targetTicks", &mut debloat.target_ticks),
    ])?;
    settings.counts(&mut [
        ("samples", &mut debloat.samples),
        ("thresholdPercent", &mut debloat.threshold_percent),
        ("startingBytes", &mut debloat.starting_bytes),
        ("minBytes", &mut debloat.min_bytes),
    ])?;
    Ok(debloat)
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

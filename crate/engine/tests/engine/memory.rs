//! The memory of TaskManagers as a run has it.

use std::rc::Rc;

use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::job_master::JobFailure;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::inspect;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;

/// `fromSequence → keyBy → print`, p = 4 on two TaskManagers, with so much network memory.
fn run_with_network(size: &str) -> Result<Sim, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(4)?;
    env.from_sequence(1, 100)?.rebalance()?.print(None);
    let mut scenario = Scenario { task_managers: 2, slots_per_task_manager: 2, ..Scenario::small(1) };
    for key in ["taskmanager.memory.network.min", "taskmanager.memory.network.max"] {
        scenario.memory.set(key, size).expect("a size");
    }
    let functions = Rc::new(NativeFunctions::default());
    Ok(Sim::submit(&compile(&env.job()?)?, functions, scenario).expect("the job can run"))
}

#[test]
fn a_job_that_needs_more_network_memory_than_there_is_fails_in_flinks_words() -> Result<(), ApiError> {
    // On each TaskManager two partitions of 4 subpartitions need 5 segments each, and two gates over 4 channels 1
    // each, and 2 for each of the 2 channels that come from the other one.
    let mut sim = run_with_network("640k")?;
    assert!(sim.run_to_end(100_000));
    assert_eq!(sim.world().job_status(), JobStatus::Finished, "20 segments are enough");

    let mut sim = run_with_network("352k")?;
    assert!(sim.run_to_end(100_000));
    assert_eq!(sim.world().job_status(), JobStatus::Failed);
    let Some(JobFailure::Task { failure, .. }) = sim.world().job_master().failure() else {
        panic!("a task fails");
    };
    let message = &failure.error.message;
    assert!(message.contains("Insufficient number of network buffers: required "), "{message}");
    assert!(message.contains("currently set to 11 of 32768 bytes each"), "{message}");
    for executor in sim.world().executors() {
        let pool = executor.shuffle().network_pool();
        assert_eq!((pool.free(), pool.total()), (11, 11), "what the other tasks had is back");
    }
    Ok(())
}

#[test]
fn the_network_tells_how_full_it_is() -> Result<(), ApiError> {
    let mut sim = run_with_network("4m")?;
    sim.advance(20);
    let detail = inspect::memory::task_manager(sim.world(), TaskManagerId(0)).expect("there are two");
    let metric = |name: &str| {
        let name = format!("Status.Shuffle.Netty.{name}");
        detail.metrics.iter().find(|(known, _)| *known == name).map(|&(_, value)| value as u64)
    };
    let (total, used) = (metric("TotalMemorySegments"), metric("UsedMemorySegments"));
    let free = metric("AvailableMemorySegments");
    assert_eq!((total, metric("TotalMemory")), (Some(128), Some(4 << 20)));
    assert_eq!(used.zip(free).map(|(used, free)| used + free), Some(128));
    assert!(
        used.is_some_and(|used| used >= 8),
        "the exclusive buffers of its channels alone are 8: {used:?}"
    );
    // Two partitions of 4 subpartitions want up to 16 each, two gates up to 8 floating ones.
    assert_eq!(metric("RequestedMemoryUsage"), Some((16 * 2 + 8 * 2) * 100 / 128));
    Ok(())
}

#[test]
fn the_parts_of_a_task_manager_add_up_on_every_depth() -> Result<(), ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.from_sequence(1, 10)?.print(None);
    let mut scenario = Scenario { task_managers: 2, slots_per_task_manager: 3, ..Scenario::small(1) };
    scenario.memory.set("taskmanager.memory.process.size", "4g").expect("a size");
    scenario.memory.set("taskmanager.memory.task.off-heap.size", "77m").expect("a size");
    let functions = Rc::new(NativeFunctions::default());
    let sim = Sim::submit(&compile(&env.job()?)?, functions, scenario).expect("the job can run");

    let detail = inspect::memory::task_manager(sim.world(), TaskManagerId(1)).expect("there are two");
    assert!(inspect::memory::task_manager(sim.world(), TaskManagerId(2)).is_none());
    assert_eq!(detail.memory[0].text, "4.000gb (4294967296 bytes)");
    let mut totals = 0;
    for (place, total) in detail.memory.iter().enumerate() {
        let parts = detail.memory[place + 1..].iter().take_while(|part| part.depth > total.depth);
        let bytes: Vec<u64> =
            parts.filter(|part| part.depth == total.depth + 1).map(|part| part.bytes).collect();
        if !bytes.is_empty() {
            totals += 1;
            assert_eq!(bytes.iter().sum::<u64>(), total.bytes, "{}", total.name);
        }
    }
    assert_eq!(totals, 5, "the process, Flink, heap, off-heap, direct");
    let managed = detail.memory.iter().find(|part| part.name == "Managed Memory").expect("it is listed");
    for slot in &detail.slots {
        assert_eq!(u64::from(slot.pages), managed.bytes / 3 / 32_768);
    }
    Ok(())
}

//! The memory of TaskManagers as a run has it.

use std::rc::Rc;

use weir_engine::base::ids::TaskManagerId;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::inspect;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;

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

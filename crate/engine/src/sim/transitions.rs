//! What the JobMaster has changed: the trace tells of it, and the world follows when there is another execution graph.
//!
//! Contract: names are those of the execution graph in which something happened. With a graph go its tasks; they have
//! ended, but for those of TaskManagers that count as gone, which lose all that they have.

use std::rc::Rc;

use super::cursor::Phase;
use super::world::World;
use crate::base::ids::{TaskId, TaskManagerId};
use crate::base::own::own_seldom;
use crate::cluster::job_master::Transition;
use crate::cluster::phase;
use crate::scheduler::plan::JobPlan;
use crate::trace::{TraceEvent, TraceKind};

impl World {
    /// The name of a task.
    pub fn task_name(&self, task: TaskId) -> Rc<str> {
        let execution = self.plan().executions.get(task.index());
        execution.map_or_else(|| "a task of an earlier execution graph".into(), |it| Rc::clone(&it.name))
    }

    /// Tells of what the JobMaster has changed.
    pub(super) fn log_transitions(&mut self, transitions: Vec<Transition>) {
        for transition in transitions {
            let phase = self.phase(phase::of_transition(&transition));
            let job = || Rc::clone(&self.plan().job_name);
            let (kind, who, text): (_, Rc<str>, Rc<str>) = match transition {
                Transition::Job(status) => (TraceKind::Job, job(), status.name().into()),
                // Flink's words in the log of the JobManager.
                Transition::Restart { tasks, failed } => {
                    let why = match failed {
                        Some(task) => format!("the failed task {}", self.task_name(task)),
                        None => "a global failure".to_owned(),
                    };
                    let text = format!("{tasks} tasks will be restarted to recover {why}");
                    (TraceKind::Job, job(), text.into())
                }
                Transition::Adaptive { from, to } => {
                    (TraceKind::Job, job(), format!("Transition from state {from} to {to}").into())
                }
                Transition::Graph(plan) => {
                    self.take_plan(plan);
                    continue;
                }
                Transition::Execution(task, state) => {
                    (TraceKind::Task, self.task_name(task), state.name().into())
                }
            };
            let note = TraceEvent::note(self.tick, kind, (Rc::clone(&who), who), text);
            self.trace.log(TraceEvent { phase, ..note });
        }
    }

    /// The job has another execution graph.
    pub(super) fn take_plan(&mut self, plan: Rc<JobPlan>) {
        for id in (0..self.executors.len() as u32).map(TaskManagerId) {
            if self.executors[id.index()].tasks().iter().any(|task| !task.state().is_terminal()) {
                self.lose_tasks(id);
            } else {
                own_seldom(&mut self.executors[id.index()]).drop_tasks(|_| true);
            }
        }
        self.plan = plan;
        self.timestamps = Rc::default();
        if self.cursor.phase == Phase::Timers {
            self.cursor.left.clear();
        }
        self.rebuild_places();
        self.topology_version += 1;
    }
}

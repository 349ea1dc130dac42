//! A TaskManager that is cut off from the JobManagers: what is said between them does not arrive.
//!
//! Contract: what is on its way stays there, and who waits for an answer gives up in its time. As of a process that does
//! nothing, both sides miss the heartbeats. When the cut is mended, what has waited no longer than a connection
//! bears arrives, in its order; the rest is lost with the connection that it was sent over, whose heartbeats have timed out
//! long before. Flink: `pekko.tcp`, over TCP.

use super::world::World;
use crate::base::ids::TaskManagerId;
use crate::base::limits::CONNECTION_TIMEOUT_TICKS;
use crate::base::own::own_seldom;
use crate::cluster::process_fault::ProcessFault;
use crate::cluster::rpc::{Address, Envelope};

impl World {
    /// Whether what the JobManagers say to a TaskManager arrives, and what it says to them.
    pub fn hears(&self, id: TaskManagerId) -> bool {
        self.executors[id.index()].cut_off_since.is_none()
    }

    /// Cuts it off or connects it again, if it is not so already.
    pub(super) fn apply_cut(&mut self, id: TaskManagerId, fault: ProcessFault) {
        let is_cut = matches!(fault, ProcessFault::CutOffTaskManager(_));
        if is_cut == self.hears(id) {
            self.log_fault_of(&Address::TaskExecutor(id).to_string(), &fault.to_string());
            if is_cut { self.cut_off(id) } else { self.reconnect(id) }
        }
    }

    fn cut_off(&mut self, id: TaskManagerId) {
        let now = self.tick;
        if self.can_run(id) {
            self.miss(id);
        }
        if self.current().is_active() {
            self.expect_silence_at(id.index(), self.leader.job_manager);
        }
        own_seldom(&mut self.executors[id.index()]).cut_off_since = Some(now);
        self.rpc.note_disturbed(now);
        self.topology_version += 1;
    }

    fn reconnect(&mut self, id: TaskManagerId) {
        let now = self.tick;
        let (is_back, is_over) = (self.current().is_active(), self.job_status().is_globally_terminal());
        let executor = own_seldom(&mut self.executors[id.index()]);
        executor.cut_off_since = None;
        // A JobMaster that is done with its job sends no heartbeats.
        if is_back && !is_over {
            executor.expect_silence(None, None);
        }
        self.note_answers(id);
        self.rpc.note_disturbed(now);
        let here = Address::TaskExecutor(id);
        let is_lost =
            |it: &Envelope| (it.from == here || it.to == here) && it.sent_at + CONNECTION_TIMEOUT_TICKS < now;
        for lost in self.rpc.lose(&is_lost) {
            self.log_lost(&lost);
        }
        // Once the job is over, no heartbeat is played that would report it.
        if is_back && is_over && self.can_run(id) {
            self.report_slots(id);
        }
        self.topology_version += 1;
    }
}

//! Checkpoints: what an operator, a task and a job had at one point of their streams, and what tasks and the JobMaster
//! decide about it. It never sees a task or a process.

pub mod barriers;
pub mod coordinator;
pub mod failure_reason;
pub mod handles;
pub mod metadata;
pub mod metrics;
pub mod operator_state;
pub mod repartition;
pub mod restore;
pub mod savepoint_file;
pub mod shared_state_registry;
pub mod storage;

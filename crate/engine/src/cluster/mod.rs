//! The processes of a cluster and what they say to each other.

pub mod ask;
mod call_text;
pub mod deployment;
pub mod dispatcher;
pub mod fencing;
pub mod file_fault;
pub mod heartbeat;
pub mod high_availability;
pub mod job_manager;
pub mod job_master;
pub mod job_status;
pub mod link;
pub mod link_fault;
pub mod phase;
pub mod process;
pub mod process_fault;
pub mod resource_manager;
pub mod rpc;
pub mod rpc_network;
pub mod slot_manager;
pub mod slot_table;
pub mod task_executor;
pub mod yarn;

//! From the options to every part of a TaskManager's memory.
//!
//! Contract: what is configured explicitly is kept, and what is left is derived; the parts add up to the
//! totals. The way depends on what is configured, in this order: task heap and managed memory, else Flink's
//! total, else the process's total. A configuration that does not add up is refused in Flink's words.
//! Flink: `TaskExecutorProcessUtils`, `TaskExecutorFlinkMemoryUtils`, `ProcessMemoryUtils`. What it computes
//! with doubles (fractions) is computed with doubles here; it happens once, before a run.

use super::IllegalConfiguration;
use super::options::{MemoryOptions, RangeFraction};
use super::size::MemorySize;

/// The parts of a TaskManager's memory. Flink: `TaskExecutorProcessSpec`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskExecutorProcessSpec {
    pub flink: TaskExecutorFlinkMemory,
    pub jvm_metaspace: MemorySize,
    pub jvm_overhead: MemorySize,
}

/// The parts that Flink itself uses. Flink: `TaskExecutorFlinkMemory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskExecutorFlinkMemory {
    pub framework_heap: MemorySize,
    pub framework_off_heap: MemorySize,
    pub task_heap: MemorySize,
    pub task_off_heap: MemorySize,
    pub network: MemorySize,
    pub managed: MemorySize,
}

impl TaskExecutorProcessSpec {
    /// Derives it. Flink: `TaskExecutorProcessUtils#processSpecFromConfig`.
    pub fn from_options(options: &MemoryOptions) -> Result<Self, IllegalConfiguration> {
        if let (Some(task_heap), Some(managed)) = (options.task_heap_size, options.managed_size) {
            let flink = flink_from_explicit_parts(options, task_heap, managed)?;
            return with_jvm_from_flink_total(options, flink);
        }
        if let Some(total) = options.flink_size {
            let flink = flink_from_total(options, total)?;
            return with_jvm_from_flink_total(options, flink);
        }
        if let Some(total) = options.process_size {
            return from_process_total(options, total);
        }
        Err(IllegalConfiguration::new(
            "Either required fine-grained memory (taskmanager.memory.task.heap.size and \
             taskmanager.memory.managed.size), or Total Flink Memory size (Key: 'taskmanager.memory.flink.size' , \
             default: null (fallback keys: [])), or Total Process Memory size (Key: \
             'taskmanager.memory.process.size' , default: null (fallback keys: [])) need to be configured \
             explicitly.",
        ))
    }

    /// All of the process.
    pub fn total_process(&self) -> Result<MemorySize, IllegalConfiguration> {
        MemorySize::sum(&[self.flink.total()?, self.jvm_metaspace, self.jvm_overhead])
    }

    /// How many segments of this size the network has. Flink: `NettyShuffleEnvironmentConfiguration`.
    pub fn network_segments(&self, segment_bytes: u32) -> Result<u32, IllegalConfiguration> {
        pages(self.flink.network, segment_bytes)
    }

    /// How many pages of this size the managed memory of one of `slots` slots has: a slot gets an equal part.
    /// Flink: `TaskExecutorResourceUtils#generateDefaultSlotResourceProfile`, `MemoryManager#create`.
    pub fn managed_pages_of_slot(&self, slots: u32, page_bytes: u32) -> Result<u32, IllegalConfiguration> {
        pages(self.flink.managed.divide(slots), page_bytes)
    }
}

impl TaskExecutorFlinkMemory {
    /// All that Flink itself uses.
    pub fn total(&self) -> Result<MemorySize, IllegalConfiguration> {
        MemorySize::sum(&[
            self.framework_heap,
            self.framework_off_heap,
            self.task_heap,
            self.task_off_heap,
            self.network,
            self.managed,
        ])
    }
}

fn from_process_total(
    options: &MemoryOptions,
    process: MemorySize,
) -> Result<TaskExecutorProcessSpec, IllegalConfiguration> {
    let jvm_metaspace = options.jvm_metaspace();
    let jvm_overhead = with_fraction(process, options.jvm_overhead_range()?)?;
    let jvm = MemorySize::sum(&[jvm_metaspace, jvm_overhead])?;
    if jvm > process {
        return Err(IllegalConfiguration::new(format!(
            "Sum of configured JVM Metaspace ({jvm_metaspace}) and JVM Overhead ({jvm_overhead}) exceed configured \
             Total Process Memory ({process})."
        )));
    }
    let flink = flink_from_total(options, process.subtract(jvm)?)?;
    Ok(TaskExecutorProcessSpec { flink, jvm_metaspace, jvm_overhead })
}

fn with_jvm_from_flink_total(
    options: &MemoryOptions,
    flink: TaskExecutorFlinkMemory,
) -> Result<TaskExecutorProcessSpec, IllegalConfiguration> {
    let jvm_metaspace = options.jvm_metaspace();
    let known = MemorySize::sum(&[flink.total()?, jvm_metaspace])?;
    let range = options.jvm_overhead_range()?;
    let jvm_overhead = match options.process_size {
        None => with_inverse_fraction(known, range)?,
        Some(process) => {
            let overhead = process.subtract(known)?;
            if !(range.min..=range.max).contains(&overhead) {
                return Err(IllegalConfiguration::new(format!(
                    "Derived JVM Overhead size ({overhead}) is not in configured JVM Overhead range [{}, {}].",
                    range.min, range.max
                )));
            }
            overhead
        }
    };
    Ok(TaskExecutorProcessSpec { flink, jvm_metaspace, jvm_overhead })
}

/// Flink: `TaskExecutorFlinkMemoryUtils#deriveFromRequiredFineGrainedOptions`.
fn flink_from_explicit_parts(
    options: &MemoryOptions,
    task_heap: MemorySize,
    managed: MemorySize,
) -> Result<TaskExecutorFlinkMemory, IllegalConfiguration> {
    let parts = without_network(options, task_heap, managed);
    let network = match options.flink_size {
        Some(total) => network_as_rest(options, &parts, total)?,
        None => with_inverse_fraction(parts.total()?, options.network_range()?)?,
    };
    Ok(TaskExecutorFlinkMemory { network, ..parts })
}

/// Flink: `TaskExecutorFlinkMemoryUtils#deriveFromTotalFlinkMemory`.
fn flink_from_total(
    options: &MemoryOptions,
    total: MemorySize,
) -> Result<TaskExecutorFlinkMemory, IllegalConfiguration> {
    let managed = match options.managed_size {
        Some(managed) => managed,
        None => with_fraction(total, options.managed_range()?)?,
    };
    let flink = if let Some(task_heap) = options.task_heap_size {
        let parts = without_network(options, task_heap, managed);
        let network = network_as_rest(options, &parts, total)?;
        TaskExecutorFlinkMemory { network, ..parts }
    } else {
        let network = with_fraction(total, options.network_range()?)?;
        let parts = without_network(options, MemorySize::ZERO, managed);
        let parts = TaskExecutorFlinkMemory { network, ..parts };
        let known = parts.total()?;
        if known > total {
            return Err(IllegalConfiguration::new(format!(
                "Sum of configured Framework Heap Memory ({}), Framework Off-Heap Memory ({}), Task Off-Heap \
                 Memory ({}), Managed Memory ({}) and Network Memory ({}) exceed configured Total Flink Memory \
                 ({total}).",
                parts.framework_heap, parts.framework_off_heap, parts.task_off_heap, managed, network
            )));
        }
        TaskExecutorFlinkMemory { task_heap: total.subtract(known)?, ..parts }
    };
    assert!(flink.total() == Ok(total), "the parts of the memory do not add up to {total}");
    Ok(flink)
}

fn without_network(
    options: &MemoryOptions,
    task_heap: MemorySize,
    managed: MemorySize,
) -> TaskExecutorFlinkMemory {
    TaskExecutorFlinkMemory {
        framework_heap: options.framework_heap(),
        framework_off_heap: options.framework_off_heap(),
        task_heap,
        task_off_heap: options.task_off_heap(),
        network: MemorySize::ZERO,
        managed,
    }
}

/// What Flink's total leaves for the network, which must be what the network's own options allow.
fn network_as_rest(
    options: &MemoryOptions,
    parts: &TaskExecutorFlinkMemory,
    total: MemorySize,
) -> Result<MemorySize, IllegalConfiguration> {
    let known = parts.total()?;
    if known > total {
        return Err(IllegalConfiguration::new(format!(
            "Sum of configured Framework Heap Memory ({}), Framework Off-Heap Memory ({}), Task Heap Memory ({}), \
             Task Off-Heap Memory ({}) and Managed Memory ({}) exceed configured Total Flink Memory ({total}).",
            parts.framework_heap,
            parts.framework_off_heap,
            parts.task_heap,
            parts.task_off_heap,
            parts.managed
        )));
    }
    let network = total.subtract(known)?;
    let range = options.network_range()?;
    if !(range.min..=range.max).contains(&network) {
        let cause = format!(
            "Derived Network Memory size ({network}) is not in configured Network Memory range [{}, {}].",
            range.min, range.max
        );
        return Err(IllegalConfiguration::new(cause).within(
            "If Total Flink, Task Heap and (or) Managed Memory sizes are explicitly configured then the Network \
             Memory size is the rest of the Total Flink memory after subtracting all other configured types of \
             memory, but the derived Network Memory is inconsistent with its configuration.",
        ));
    }
    Ok(network)
}

/// Flink: `ProcessMemoryUtils#deriveWithFraction`.
fn with_fraction(whole: MemorySize, range: RangeFraction) -> Result<MemorySize, IllegalConfiguration> {
    Ok(whole.multiply(range.fraction)?.clamp(range.min, range.max))
}

/// The part that makes up its fraction of `rest` and itself. Flink: `ProcessMemoryUtils#deriveWithInverseFraction`.
fn with_inverse_fraction(rest: MemorySize, range: RangeFraction) -> Result<MemorySize, IllegalConfiguration> {
    let relative = rest.multiply(range.fraction / (1.0 - range.fraction))?;
    Ok(relative.clamp(range.min, range.max))
}

fn pages(size: MemorySize, page_bytes: u32) -> Result<u32, IllegalConfiguration> {
    let pages = size.bytes() / u64::from(page_bytes);
    let count = i32::try_from(pages).map_err(|_| {
        IllegalConfiguration::new(format!(
            "The given number of memory bytes ({}) corresponds to more than MAX_INT pages.",
            size.bytes()
        ))
    })?;
    Ok(count as u32)
}

#[cfg(test)]
#[path = "process_spec/tests.rs"]
mod tests;

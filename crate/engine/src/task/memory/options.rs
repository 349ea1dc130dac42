//! The options that say how much memory a TaskManager has for what. Flink: `TaskManagerOptions`.
//!
//! Contract: what is not set stays not set, since what is set explicitly decides how the rest is derived;
//! an option with a default answers it. The segment size is its own setting of the scenario.

use super::IllegalConfiguration;
use super::size::MemorySize;
use crate::base::decimal;
use crate::record::Value;

/// See the module. Fields are called like the options under `taskmanager.memory.`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryOptions {
    pub process_size: Option<MemorySize>,
    pub flink_size: Option<MemorySize>,
    pub framework_heap_size: Option<MemorySize>,
    pub framework_off_heap_size: Option<MemorySize>,
    pub task_heap_size: Option<MemorySize>,
    pub task_off_heap_size: Option<MemorySize>,
    pub managed_size: Option<MemorySize>,
    pub managed_fraction: Option<f32>,
    pub network_min: Option<MemorySize>,
    pub network_max: Option<MemorySize>,
    pub network_fraction: Option<f32>,
    pub jvm_metaspace_size: Option<MemorySize>,
    pub jvm_overhead_min: Option<MemorySize>,
    pub jvm_overhead_max: Option<MemorySize>,
    pub jvm_overhead_fraction: Option<f32>,
}

/// The keys of the options, in the order of the fields.
pub const KEYS: [&str; 15] = [
    "taskmanager.memory.process.size",
    "taskmanager.memory.flink.size",
    "taskmanager.memory.framework.heap.size",
    "taskmanager.memory.framework.off-heap.size",
    "taskmanager.memory.task.heap.size",
    "taskmanager.memory.task.off-heap.size",
    "taskmanager.memory.managed.size",
    "taskmanager.memory.managed.fraction",
    "taskmanager.memory.network.min",
    "taskmanager.memory.network.max",
    "taskmanager.memory.network.fraction",
    "taskmanager.memory.jvm-metaspace.size",
    "taskmanager.memory.jvm-overhead.min",
    "taskmanager.memory.jvm-overhead.max",
    "taskmanager.memory.jvm-overhead.fraction",
];

/// A fraction of a total, between a least and a greatest size. Flink: `RangeFraction`.
#[derive(Clone, Copy, Debug)]
pub struct RangeFraction {
    pub min: MemorySize,
    pub max: MemorySize,
    /// As Flink has it: a float, made a double.
    pub fraction: f64,
}

impl MemoryOptions {
    /// What the configuration file of Flink's distribution says: a process of 1728 MiB, the rest by default.
    pub fn of_distribution() -> Self {
        Self { process_size: Some(MemorySize::mebibytes(1728)), ..Self::default() }
    }

    /// Reads a configuration: keys and values as in Flink's configuration file. If it does not say how large
    /// anything is in total, the process is as large as [`MemoryOptions::of_distribution`] says.
    pub fn from_configuration<'a>(
        entries: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, IllegalConfiguration> {
        let mut options = Self::default();
        for (key, value) in entries {
            options.set(key, value)?;
        }
        let has_total = options.flink_size.is_some()
            || (options.task_heap_size.is_some() && options.managed_size.is_some());
        if !has_total && options.process_size.is_none() {
            options.process_size = Self::of_distribution().process_size;
        }
        Ok(options)
    }

    /// Sets one option.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), IllegalConfiguration> {
        let size =
            || MemorySize::parse(value).map(Some).map_err(|error| error.within(&unreadable(key, value)));
        let fraction = || match decimal::parse(value.trim()).filter(|&fraction| fraction >= 0.0) {
            Some(fraction) => Ok(Some(fraction as f32)),
            None => Err(IllegalConfiguration::new(unreadable(key, value))),
        };
        let rest = key.strip_prefix("taskmanager.memory.");
        match rest.unwrap_or_default() {
            "process.size" => self.process_size = size()?,
            "flink.size" => self.flink_size = size()?,
            "framework.heap.size" => self.framework_heap_size = size()?,
            "framework.off-heap.size" => self.framework_off_heap_size = size()?,
            "task.heap.size" => self.task_heap_size = size()?,
            "task.off-heap.size" => self.task_off_heap_size = size()?,
            "managed.size" => self.managed_size = size()?,
            "managed.fraction" => self.managed_fraction = fraction()?,
            "network.min" => self.network_min = size()?,
            "network.max" => self.network_max = size()?,
            "network.fraction" => self.network_fraction = fraction()?,
            "jvm-metaspace.size" => self.jvm_metaspace_size = size()?,
            "jvm-overhead.min" => self.jvm_overhead_min = size()?,
            "jvm-overhead.max" => self.jvm_overhead_max = size()?,
            "jvm-overhead.fraction" => self.jvm_overhead_fraction = fraction()?,
            _ => {
                return Err(IllegalConfiguration::new(format!(
                    "There is no memory option '{key}'. There are: {}.",
                    KEYS.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// 128 MiB unless set.
    pub fn framework_heap(&self) -> MemorySize {
        self.framework_heap_size.unwrap_or(MemorySize::mebibytes(128))
    }

    /// 128 MiB unless set.
    pub fn framework_off_heap(&self) -> MemorySize {
        self.framework_off_heap_size.unwrap_or(MemorySize::mebibytes(128))
    }

    /// Nothing unless set.
    pub fn task_off_heap(&self) -> MemorySize {
        self.task_off_heap_size.unwrap_or(MemorySize::ZERO)
    }

    /// 256 MiB unless set.
    pub fn jvm_metaspace(&self) -> MemorySize {
        self.jvm_metaspace_size.unwrap_or(MemorySize::mebibytes(256))
    }

    /// 0.4 of Flink's memory unless set.
    pub fn managed_range(&self) -> Result<RangeFraction, IllegalConfiguration> {
        let fraction = self.managed_fraction.unwrap_or(0.4);
        range(MemorySize::ZERO, MemorySize::MAX, fraction, "taskmanager.memory.managed.fraction", "0.4")
    }

    /// 0.1 of Flink's memory, at least 64 MiB, unless set.
    pub fn network_range(&self) -> Result<RangeFraction, IllegalConfiguration> {
        let min = self.network_min.unwrap_or(MemorySize::mebibytes(64));
        let max = self.network_max.unwrap_or(MemorySize::MAX);
        let fraction = self.network_fraction.unwrap_or(0.1);
        range(min, max, fraction, "taskmanager.memory.network.fraction", "0.1")
    }

    /// 0.1 of the process's memory, 192 MiB to 1 GiB, unless set.
    pub fn jvm_overhead_range(&self) -> Result<RangeFraction, IllegalConfiguration> {
        let min = self.jvm_overhead_min.unwrap_or(MemorySize::mebibytes(192));
        let max = self.jvm_overhead_max.unwrap_or(MemorySize::mebibytes(1024));
        let fraction = self.jvm_overhead_fraction.unwrap_or(0.1);
        range(min, max, fraction, "taskmanager.memory.jvm-overhead.fraction", "0.1")
    }
}

fn range(
    min: MemorySize,
    max: MemorySize,
    fraction: f32,
    key: &str,
    default: &str,
) -> Result<RangeFraction, IllegalConfiguration> {
    let fraction = f64::from(fraction);
    let cause = if min > max {
        "min value must be less or equal to max value"
    } else if !(0.0..1.0).contains(&fraction) {
        "fraction must be in range [0.0, 1.0)"
    } else {
        return Ok(RangeFraction { min, max, fraction });
    };
    let option = format!("Key: '{key}' , default: {default} (fallback keys: [])");
    Err(IllegalConfiguration::new(cause).within(&format!(
        "Inconsistently configured {option} ({}) and its min ({min}), max ({max}) value.",
        Value::Double(fraction)
    )))
}

fn unreadable(key: &str, value: &str) -> String {
    format!("Could not parse value '{value}' for key '{key}'.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(key: &str, value: &str) -> String {
        MemoryOptions::default().set(key, value).expect_err("the value makes no sense").to_string()
    }

    #[test]
    fn every_key_sets_its_option() {
        let mut options = MemoryOptions::default();
        for key in KEYS {
            let before = options.clone();
            options.set(key, if key.ends_with("fraction") { "0.25" } else { "77m" }).expect("a good value");
            assert_ne!(options, before, "{key} sets nothing");
        }
        assert_eq!(options.network_fraction, Some(0.25));
        assert_eq!(options.jvm_metaspace(), MemorySize::mebibytes(77));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(
            error("taskmanager.memory.process.size", "lots"),
            "Could not parse value 'lots' for key 'taskmanager.memory.process.size'. Caused by: text does not \
             start with a number"
        );
        assert_eq!(
            error("taskmanager.memory.managed.fraction", "half"),
            "Could not parse value 'half' for key 'taskmanager.memory.managed.fraction'."
        );
        for unreadable in ["", ".", "-0.5", "0.1.2", "0.123456789012345"] {
            assert!(error("taskmanager.memory.managed.fraction", unreadable).starts_with("Could not parse"));
        }
        assert!(error("taskmanager.memory.nothing", "1").starts_with("There is no memory option"));
    }

    #[test]
    fn the_process_is_as_large_as_in_the_distribution_unless_something_else_says_it() {
        let read = |entries: &[(&'static str, &'static str)]| {
            MemoryOptions::from_configuration(entries.iter().copied()).expect("a configuration").process_size
        };
        assert_eq!(read(&[]), Some(MemorySize::mebibytes(1728)));
        assert_eq!(read(&[("taskmanager.memory.network.max", "1m")]), Some(MemorySize::mebibytes(1728)));
        assert_eq!(read(&[("taskmanager.memory.flink.size", "1g")]), None);
        let explicit =
            [("taskmanager.memory.task.heap.size", "1g"), ("taskmanager.memory.managed.size", "1g")];
        assert_eq!(read(&explicit), None);
    }

    #[test]
    fn a_range_is_consistent_or_refused() {
        let mut options = MemoryOptions { network_max: Some(MemorySize::mebibytes(1)), ..Default::default() };
        assert_eq!(
            options.network_range().expect_err("the least is more than the greatest").to_string(),
            "Inconsistently configured Key: 'taskmanager.memory.network.fraction' , default: 0.1 (fallback keys: \
             []) (0.10000000149011612) and its min (64.000mb (67108864 bytes)), max (1024.000kb (1048576 bytes)) \
             value. Caused by: min value must be less or equal to max value"
        );
        options.network_min = Some(MemorySize::ZERO);
        options.network_fraction = Some(1.0);
        let message = options.network_range().expect_err("a fraction is less than the whole").to_string();
        assert!(message.ends_with("Caused by: fraction must be in range [0.0, 1.0)"), "{message}");
    }
}

//! The parts of well-known configurations, and the configurations that do not add up.

use super::*;

fn derive(entries: &[(&str, &str)]) -> Result<TaskExecutorProcessSpec, IllegalConfiguration> {
    let mut options = MemoryOptions::default();
    for (key, value) in entries {
        options.set(&format!("taskmanager.memory.{key}"), value)?;
    }
    TaskExecutorProcessSpec::from_options(&options)
}

/// Framework heap and off-heap, task heap and off-heap, network, managed, metaspace, overhead.
fn parts(entries: &[(&str, &str)]) -> [u64; 8] {
    let spec = derive(entries).expect("it adds up");
    let flink = spec.flink;
    [
        flink.framework_heap,
        flink.framework_off_heap,
        flink.task_heap,
        flink.task_off_heap,
        flink.network,
        flink.managed,
        spec.jvm_metaspace,
        spec.jvm_overhead,
    ]
    .map(MemorySize::bytes)
}

fn error(entries: &[(&str, &str)]) -> String {
    derive(entries).expect_err("it does not add up").to_string()
}

const MIB: u64 = 1 << 20;

/// What `taskmanager.sh` of Flink's distribution prints with its own configuration file.
const DISTRIBUTION: [u64; 8] =
    [128 * MIB, 128 * MIB, 402_653_174, 0, 134_217_730, 536_870_920, 256 * MIB, 192 * MIB];

#[test]
fn a_process_of_the_distribution_is_divided_as_flink_says() {
    assert_eq!(parts(&[("process.size", "1728m")]), DISTRIBUTION);
    let spec = TaskExecutorProcessSpec::from_options(&MemoryOptions::of_distribution()).expect("it adds up");
    assert_eq!(spec.flink.total(), Ok(MemorySize::mebibytes(1280)));
    assert_eq!(spec.total_process(), Ok(MemorySize::mebibytes(1728)));
    assert_eq!(spec.network_segments(32 * 1024), Ok(4096));
    assert_eq!(spec.managed_pages_of_slot(1, 32 * 1024), Ok(16_384));
    assert_eq!(spec.managed_pages_of_slot(4, 32 * 1024), Ok(4096));
}

#[test]
fn the_overhead_follows_from_flinks_total() {
    assert_eq!(parts(&[("flink.size", "1280m")]), DISTRIBUTION);
    let with_process = [("flink.size", "1280m"), ("process.size", "1736m")];
    assert_eq!(parts(&with_process)[7], 200 * MIB);
}

#[test]
fn a_large_process_has_fractions_of_everything() {
    let spec = parts(&[("process.size", "4g")]);
    let expected =
        [128 * MIB, 128 * MIB, 1_530_082_070, 0, 359_703_515, 1_438_814_063, 256 * MIB, 429_496_736];
    assert_eq!(spec, expected);
    assert_eq!(spec.iter().sum::<u64>(), 4096 * MIB);
}

#[test]
fn totals_follow_from_explicit_parts() {
    let spec = parts(&[("task.heap.size", "1g"), ("managed.size", "1g")]);
    assert_eq!(
        spec,
        [128 * MIB, 128 * MIB, 1024 * MIB, 0, 268_435_460, 1024 * MIB, 256 * MIB, 328_087_785],
        "network and overhead are a tenth of what they are a part of"
    );
}

#[test]
fn the_network_can_be_made_small() {
    let one = [("process.size", "1728m"), ("network.min", "1m"), ("network.max", "1m")];
    let spec = derive(&one).expect("it adds up");
    assert_eq!(spec.network_segments(32 * 1024), Ok(32));
    assert_eq!(spec.total_process(), Ok(MemorySize::mebibytes(1728)), "the task heap gets what it leaves");
}

#[test]
fn what_flinks_total_leaves_is_the_network() {
    let spec = parts(&[("flink.size", "1g"), ("task.heap.size", "300m"), ("managed.size", "384m")]);
    assert_eq!((spec[2], spec[4], spec[5]), (300 * MIB, 84 * MIB, 384 * MIB));
}

#[test]
fn a_configuration_that_does_not_add_up_is_refused() {
    assert_eq!(
        error(&[("process.size", "400m")]),
        "Sum of configured JVM Metaspace (256.000mb (268435456 bytes)) and JVM Overhead (192.000mb (201326592 \
         bytes)) exceed configured Total Process Memory (400.000mb (419430400 bytes))."
    );
    assert_eq!(
        error(&[("flink.size", "300m")]),
        "Sum of configured Framework Heap Memory (128.000mb (134217728 bytes)), Framework Off-Heap Memory \
         (128.000mb (134217728 bytes)), Task Off-Heap Memory (0 bytes), Managed Memory (120.000mb (125829121 \
         bytes)) and Network Memory (64.000mb (67108864 bytes)) exceed configured Total Flink Memory (300.000mb \
         (314572800 bytes))."
    );
    assert_eq!(
        error(&[("flink.size", "1g"), ("task.heap.size", "1g")]),
        "Sum of configured Framework Heap Memory (128.000mb (134217728 bytes)), Framework Off-Heap Memory \
         (128.000mb (134217728 bytes)), Task Heap Memory (1024.000mb (1073741824 bytes)), Task Off-Heap Memory (0 \
         bytes) and Managed Memory (409.600mb (429496736 bytes)) exceed configured Total Flink Memory (1024.000mb \
         (1073741824 bytes))."
    );
    let message = error(&[
        ("flink.size", "1g"),
        ("task.heap.size", "700m"),
        ("managed.size", "60m"),
        ("network.min", "9m"),
    ]);
    assert!(
        message.ends_with(
            "Caused by: Derived Network Memory size (8.000mb (8388608 bytes)) is not in configured Network Memory \
             range [9.000mb (9437184 bytes), 8388608.000tb (9223372036854775807 bytes)]."
        ),
        "{message}"
    );
    assert_eq!(
        error(&[("flink.size", "1280m"), ("process.size", "3g")]),
        "Derived JVM Overhead size (1.500gb (1610612736 bytes)) is not in configured JVM Overhead range [192.000mb \
         (201326592 bytes), 1024.000mb (1073741824 bytes)]."
    );
    assert_eq!(error(&[("flink.size", "1g"), ("process.size", "1g")]), "bytes must be >= 0");
    assert!(error(&[("task.heap.size", "1g")]).starts_with("Either required fine-grained memory"));
}

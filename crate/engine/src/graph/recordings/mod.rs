//! The graphs of every recorded program, against those that a real Flink made of them.

mod json;
mod programs;
mod rules;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::compiled::compile;
use crate::graph::execution_graph::wiring;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance").join(name)
}

fn recording(file: &PathBuf) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_case_has_flinks_graphs() {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 71, "{} cases", files.len());
    let mut differences = Vec::new();
    for file in &files {
        let name = file.file_stem().unwrap().to_string_lossy();
        let env = StreamExecutionEnvironment::get_execution_environment();
        programs::build(&name, &env).unwrap_or_else(|| panic!("no program for {name}")).unwrap();
        let graphs = compile(&env.job().unwrap()).unwrap();
        let recorded = recording(file);
        for part in ["stream_graph", "job_graph", "execution_graph"] {
            let built = json::part(&graphs, part);
            if built != recorded[part] {
                differences.push(format!("{name} {part}\n is {built}\n recorded {}", recorded[part]));
            }
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn pointwise_wiring_is_flinks() {
    let table = recording(&folder("tables").join("pointwise.json"));
    let cases = table.as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let number = |value: &Value, field: &str| value[field].as_u64().unwrap() as u32;
        let (producers, consumers) = (number(case, "producers"), number(case, "consumers"));
        let ranges = wiring::pointwise(producers, consumers);
        let reads = case["reads"].as_array().unwrap();
        assert_eq!(ranges.len(), reads.len(), "{producers} to {consumers}");
        for read in reads {
            let range = ranges[number(read, "consumer") as usize];
            let built = [
                range.producer_first,
                range.producer_last,
                range.subpartition_first,
                range.subpartition_last,
            ];
            let fields = ["first_producer", "last_producer", "first_subpartition", "last_subpartition"];
            assert_eq!(built, fields.map(|field| number(read, field)), "{producers} to {consumers}");
        }
    }
}

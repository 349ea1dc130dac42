//! Holds the shape of the code: who may import whom, and how long, named and introduced things are.
//!
//! The table below is the one of ARCHITECTURE.md. A new edge is a change of this table, in a commit of its
//! own that says why.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "nobody loads the tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The engine's modules in the order of their levels: a module may import every module of an earlier level.
const LEVELS: &[&[&str]] = &[
    &["base"],
    &["record", "trace"],
    &["graph", "network", "state"],
    &["time"],
    &["operator"],
    &["checkpoint"],
    &["task"],
    &["scheduler"],
    &["cluster"],
    &["scenario"],
    &["sim"],
    &["inspect"],
];

/// Imports within a level, each with its reason.
const WITHIN_LEVEL: &[(&str, &str, &str)] = &[
    ("graph", "state", "an ExecutionGraph derives the number of key groups, and a spec names its state"),
    ("graph", "network", "a job edge names the type of its result partitions"),
];

/// Imports of an earlier level that are forbidden all the same, each with its reason.
const FORBIDDEN: &[(&str, &str, &str)] =
    &[("operator", "network", "an operator gets one element and a collector, and never sees a channel")];

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

/// Words that say nothing about what a module or a file is for.
const NAMES_BANNED: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "types", "impl"];

/// What no source line may hold, and what to do instead.
const TEXTS_BANNED: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "do it, or open an issue and leave it out"),
    (concat!("FIX", "ME"), "fix it, or open an issue and leave it out"),
    (concat!("#[ig", "nore"), "a test runs or goes"),
    (concat!("#[should_", "panic"), "assert the error as a value"),
    (concat!("use crate::", "{"), "write one `use` a module, so that the import table can be read"),
    (concat!("super::", "super"), "name the module from `crate::` on, so that the import table can be read"),
];

/// One Rust file of the workspace.
struct Source {
    /// From the top folder, as in `crate/engine/src/base/ids.rs`.
    path: String,
    text: String,
}

impl Source {
    /// The engine's module that the file belongs to; none for `lib.rs` and other crates.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("crate/engine/src/")?;
        let first = inside.split('/').next()?;
        let module = first.strip_suffix(".rs").unwrap_or(first);
        (module != "lib").then_some(module)
    }

    /// Lines with their numbers from 1, without what stands after `//`.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line.split("//").next().unwrap_or("")))
    }
}

#[test]
fn modules_import_only_earlier_ones() {
    let faults: Vec<String> = sources().iter().flat_map(import_faults).collect();
    report("see LEVELS in this file; the order is explained in ARCHITECTURE.md", &faults);
}

#[test]
fn every_module_of_the_engine_has_its_level() {
    let library = std::fs::read_to_string(top().join("crate/engine/src/lib.rs")).expect("lib.rs can be read");
    let declared: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("mod ")))
        .map(|rest| rest.trim_end_matches(';'))
        .collect();
    let is_there = |module: &&str| top().join("crate/engine/src").join(module).is_dir();
    let expected: Vec<&str> =
        LEVELS.iter().flat_map(|level| level.iter().copied()).filter(is_there).collect();
    assert_eq!(declared, expected, "lib.rs declares the modules in the order of the import table");
}

#[test]
fn files_say_first_what_they_are_about() {
    let faults: Vec<String> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| format!("{}:1", source.path))
        .collect();
    report("begin the file with `//!` and a sentence about its subject", &faults);
}

#[test]
fn files_and_functions_are_short() {
    let mut faults = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{}: {lines} lines, at most {FILE_LINES_MAX}", source.path));
        }
        faults.extend(long_functions(&source));
    }
    report("split it by subject", &faults);
}

#[test]
fn names_say_what_things_are() {
    let mut faults = Vec::new();
    for source in sources() {
        let named = source.path.trim_end_matches(".rs").split(['/', '_']);
        for word in named.filter(|word| NAMES_BANNED.contains(word)) {
            faults.push(format!("{}: `{word}`", source.path));
        }
        for (number, line) in source.text.lines().enumerate() {
            for (banned, instead) in TEXTS_BANNED.iter().filter(|(banned, _)| line.contains(banned)) {
                faults.push(format!("{}:{}: `{banned}`: {instead}", source.path, number + 1));
            }
        }
    }
    report("name the thing by what it is", &faults);
}

#[test]
fn public_items_are_documented() {
    let mut faults = Vec::new();
    for source in sources() {
        let mut documented = false;
        for (number, line) in source.text.lines().enumerate() {
            if is_public_item(line) && !documented {
                faults.push(format!("{}:{}: {line}", source.path, number + 1));
            }
            // Attributes, also over several lines, stand between a comment and its item.
            let continues = line.starts_with("#[") || line.starts_with(' ') || line.starts_with(")]");
            documented = line.starts_with("///") || (documented && continues);
        }
    }
    report("write a `///` above it: meaning, units, errors, Flink's class", &faults);
}

/// Imports of the file's module that the table does not allow.
fn import_faults(source: &Source) -> Vec<String> {
    let Some(module) = source.module() else { return Vec::new() };
    let mut faults = Vec::new();
    for (number, line) in source.code_lines() {
        for imported in imported_modules(line) {
            if let Some(why) = refusal(module, imported) {
                faults.push(format!("{}:{number}: `{module}` imports `{imported}`: {why}", source.path));
            }
        }
    }
    faults
}

/// The modules that a line names as `crate::module`.
fn imported_modules(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

/// Why a module may not import another one; none where it may.
fn refusal(module: &str, imported: &str) -> Option<&'static str> {
    let levels = levels();
    let (own, other) = (levels.get(module)?, levels.get(imported));
    let edge = |&&(from, to, _): &&(&str, &str, &str)| from == module && to == imported;
    if let Some((_, _, why)) = FORBIDDEN.iter().find(edge) {
        return Some(why);
    }
    match other {
        None => Some("no module of the import table"),
        Some(_) if module == imported => None,
        Some(other) if other < own => None,
        Some(other) if other == own && WITHIN_LEVEL.iter().any(|entry| edge(&entry)) => None,
        Some(_) => Some("it comes later"),
    }
}

fn levels() -> BTreeMap<&'static str, usize> {
    let numbered = LEVELS.iter().enumerate();
    numbered.flat_map(|(level, modules)| modules.iter().map(move |module| (*module, level))).collect()
}

/// Functions over the wall. rustfmt puts a function's last brace under its first letter.
fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut faults = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if !is_function(line.trim_start()) || line.ends_with('}') || line.ends_with(';') {
            continue;
        }
        let last = format!("{}}}", " ".repeat(indent));
        let length = lines[start..].iter().position(|line| *line == last).unwrap_or(0) + 1;
        if length > FUNCTION_LINES_MAX {
            let place = format!("{}:{}", source.path, start + 1);
            faults.push(format!("{place}: {length} lines, at most {FUNCTION_LINES_MAX}"));
        }
    }
    faults
}

fn is_function(line: &str) -> bool {
    let words = ["pub(crate) ", "pub(super) ", "pub ", "const "];
    let bare = words.iter().fold(line, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    bare.starts_with("fn ")
}

/// An item of a module (not a method, which its type introduces) that other modules see.
fn is_public_item(line: &str) -> bool {
    let kinds = ["fn ", "const fn ", "struct ", "enum ", "trait ", "type ", "const ", "static ", "union "];
    line.strip_prefix("pub ").is_some_and(|rest| kinds.iter().any(|kind| rest.starts_with(kind)))
}

/// Fails with all faults at once, and with what to do about them.
fn report(advice: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{advice}\n  {}\n", faults.join("\n  "));
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Rust file under `crate/`, in the order of their names.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect_sources(&top(), "crate", &mut found);
    assert!(found.len() > 20, "the sources are found");
    found
}

fn collect_sources(top: &Path, folder: &str, found: &mut Vec<Source>) {
    let entries = std::fs::read_dir(top.join(folder)).expect("a folder of the project can be read");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        let path = format!("{folder}/{name}");
        if top.join(&path).is_dir() {
            collect_sources(top, &path, found);
        } else if Path::new(&name).extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(top.join(&path)).expect("a source is UTF-8");
            found.push(Source { path, text });
        }
    }
}

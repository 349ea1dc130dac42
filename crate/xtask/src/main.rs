//! The build command that needs Rust: `cargo xtask wasm [--release|--dev]` compiles the engine for the
//! page and writes its JavaScript and types to `web/src/engine/generated/`.
//!
//! `cargo xtask tables FOLDER` compiles what `npm run -s conformance:tables` asks besides.
//!
//! `npm run wasm` calls it where something changed; see `web/tools/wasm.mjs`. wasm-bindgen runs as a library here, so
//! that `Cargo.lock` pins it and the crate that it belongs to. What is for readers is made compact after it.

mod compact;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "usage: cargo xtask wasm [--release|--dev], or cargo xtask tables FOLDER";

/// How the wasm is compiled: the name is Cargo's profile.
#[derive(Clone, Copy)]
enum Profile {
    Release,
    Dev,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Release => "release",
            Profile::Dev => "wasm-dev",
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["wasm"] | ["wasm", "--release"] => wasm(Profile::Release),
        ["wasm", "--dev"] => wasm(Profile::Dev),
        ["tables", folder] => tables(folder),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Compiles `crate/wasm` for the page and generates its bindings.
fn wasm(profile: Profile) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let module = compile(&root, profile, &[])?;
    bind(&module, &root.join("web/src/engine/generated"), profile)
}

/// The same with the answers of single parts, into another folder, which is one of modules then.
fn tables(folder: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join(folder);
    let module = compile(&root, Profile::Dev, &["--features", "tables"])?;
    bind(&module, &folder, Profile::Dev)?;
    let package = folder.join("package.json");
    std::fs::write(&package, "{ \"type\": \"module\" }\n")
        .map_err(|error| format!("{}: {error}", package.display()))
}

fn compile(root: &Path, profile: Profile, features: &[&str]) -> Result<PathBuf, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--locked", "--package", "weir-wasm", "--lib"])
        .args(["--target", "wasm32-unknown-unknown", "--profile", profile.name()])
        .args(features)
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if status.success() {
        let folder = target_folder(root).join("wasm32-unknown-unknown").join(profile.name());
        Ok(folder.join("weir_wasm.wasm"))
    } else {
        Err("the engine does not compile for wasm32-unknown-unknown".to_owned())
    }
}

/// Where Cargo puts what it builds.
fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Writes `weir_wasm.js`, `weir_wasm_bg.wasm` and their types; what stood in the folder goes.
fn bind(module: &Path, folder: &Path, profile: Profile) -> Result<(), String> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let keep_names = matches!(profile, Profile::Dev);
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .web(true)
        .map_err(|error| error.to_string())?
        .typescript(true)
        .remove_name_section(!keep_names)
        .remove_producers_section(true);
    bindgen.generate(folder).map_err(|error| format!("wasm-bindgen: {error:#}"))?;
    match profile {
        Profile::Release => compact_files(&folder.join("weir_wasm_bg.wasm"), &folder.join("weir_wasm.js")),
        Profile::Dev => Ok(()),
    }
}

fn compact_files(module: &Path, script: &Path) -> Result<(), String> {
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let wasm = std::fs::read(module).map_err(|error| failed(module, error))?;
    let bindings = std::fs::read_to_string(script).map_err(|error| failed(script, error))?;
    let (wasm, bindings) = compact::compact(&wasm, &bindings)?;
    std::fs::write(module, wasm).map_err(|error| failed(module, error))?;
    std::fs::write(script, bindings).map_err(|error| failed(script, error))
}

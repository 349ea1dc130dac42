//! The names by which a module and its script know each other: short ones in place of those of wasm-bindgen, which tell
//! what they are for in some thirty letters, twice.

use std::collections::HashMap;

use wasmparser::{Parser, Payload};

use super::Error;

/// The short name of each that has one.
#[derive(Default)]
pub(super) struct Names {
    exports: HashMap<String, String>,
    imports: HashMap<String, String>,
}

impl Names {
    pub(super) fn export<'n>(&'n self, name: &'n str) -> &'n str {
        self.exports.get(name).map_or(name, String::as_str)
    }

    pub(super) fn import<'n>(&'n self, name: &'n str) -> &'n str {
        self.imports.get(name).map_or(name, String::as_str)
    }
}

/// Names anew all that the script calls `wasm.NAME`, and the functions `NAME: function` that it gives to the module.
pub(super) fn shorten(wasm: &[u8], script: &str) -> Result<(Names, String), Error> {
    let mut names = Names::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ExportSection(section) => {
                for export in section {
                    let name = export?.name;
                    if identifiers(script).any(|at| at.text == name && at.is_export()) {
                        names.exports.insert(name.to_owned(), short(names.exports.len()));
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let name = import?.name;
                    if identifiers(script).any(|at| at.text == name && at.is_import()) {
                        names.imports.insert(name.to_owned(), short(names.imports.len()));
                    }
                }
            }
            _ => {}
        }
    }
    let mut shortened = String::with_capacity(script.len());
    let mut written = 0;
    for at in identifiers(script) {
        let name = match () {
            () if at.is_export() => names.export(at.text),
            () if at.is_import() => names.import(at.text),
            () => continue,
        };
        shortened.push_str(&script[written..at.from]);
        shortened.push_str(name);
        written = at.from + at.text.len();
    }
    shortened.push_str(&script[written..]);
    Ok((names, shortened))
}

/// A word of the script and where it stands.
#[derive(Clone, Copy)]
struct Identifier<'s> {
    script: &'s str,
    text: &'s str,
    from: usize,
}

impl Identifier<'_> {
    fn is_export(&self) -> bool {
        let before = self.script[..self.from].strip_suffix("wasm.");
        before.is_some_and(|before| !before.ends_with(|letter| is_of_word(letter) || letter == '.'))
    }

    fn is_import(&self) -> bool {
        self.script[self.from + self.text.len()..].starts_with(": function(")
    }
}

fn identifiers(script: &str) -> impl Iterator<Item = Identifier<'_>> {
    script.split(|letter| !is_of_word(letter)).filter(|text| !text.is_empty()).map(move |text| {
        let from = text.as_ptr() as usize - script.as_ptr() as usize;
        Identifier { script, text, from }
    })
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$')
}

/// `a`, `b` … `z`, `aa`, `ba` …
fn short(mut number: usize) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return name;
        }
        number -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use wasm_encoder::{EntityType, ExportKind, ExportSection, ImportSection, Module, TypeSection};

    use super::*;

    fn module() -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = ImportSection::new();
        imports.import("./weir_wasm_bg.js", "__wbg_now_12ab", EntityType::Function(0));
        module.section(&imports);
        let mut exports = ExportSection::new();
        exports.export("lab_turn", ExportKind::Func, 0);
        exports.export("memory", ExportKind::Func, 0);
        module.section(&exports);
        module.finish()
    }

    #[test]
    fn module_and_script_agree() {
        let script = "const imports = { __wbg_now_12ab: function() { return lab_turn.name; } };
            function lab_turn() { wasm.lab_turn(other.wasm.lab, my_wasm.lab_turn); }";
        let (names, shortened) = shorten(&module(), script).unwrap();
        assert_eq!(
            shortened,
            "const imports = { a: function() { return lab_turn.name; } };
            function lab_turn() { wasm.a(other.wasm.lab, my_wasm.lab_turn); }"
        );
        assert_eq!(
            (names.export("lab_turn"), names.export("memory"), names.import("__wbg_now_12ab")),
            ("a", "memory", "a")
        );
    }

    #[test]
    fn no_two_names_are_the_same() {
        let names: HashSet<String> = (0..2000).map(short).collect();
        assert_eq!(names.len(), 2000);
    }
}

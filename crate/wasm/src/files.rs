//! The file system of the checkpoints for the page, in rows as `web/src/engine/files.ts` reads them.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use weir_engine::checkpoint::storage::file_system::{FileOwner, FileSystemFault};
use weir_engine::inspect::files;
use weir_engine::sim::file_needs::{self, FileView};
use weir_engine::sim::world::World;

use crate::checkpoints::Rows;

/// All files, and what is under way.
pub fn list(world: &World) -> JsValue {
    let mut rows = Rows::default();
    rows.put(&[world.file_system().fault().map_or(0, |fault| match fault {
        FileSystemFault::Down => 1,
        FileSystemFault::Full => 2,
    })]);
    let all = file_needs::files(world);
    rows.put(&[all.len() as u64]);
    for FileView { path, file, need, users } in &all {
        rows.put_text(path);
        rows.put(&[file.bytes.len() as u64, file.written_at]);
        rows.put_optional(task_of(file.written_by));
        rows.put(&[*need as u64, users.len() as u64]);
        rows.put(users);
    }
    let requests = || world.file_system().requests();
    rows.put(&[requests().count() as u64]);
    for request in requests() {
        rows.put_text(&request.path);
        rows.put(&[u64::from(request.is_read), request.bytes, request.done_at]);
        rows.put_optional(task_of(request.owner));
    }
    rows.finish(JsValue::UNDEFINED)
}

/// The bytes of a file and what it is, in words; `null` where there is none.
pub fn contents(world: &World, path: &str) -> JsValue {
    let (Some(file), Some(text)) = (world.file_system().file(path), files::describe(world, path)) else {
        return JsValue::NULL;
    };
    Array::of2(&Uint8Array::from(&*file.bytes), &JsValue::from_str(&text)).into()
}

fn task_of(owner: FileOwner) -> Option<u64> {
    match owner {
        FileOwner::Task(execution) => Some(u64::from(execution.task.0)),
        _ => None,
    }
}

//! Where a job keeps its keyed state, as data: the options of a configuration and their defaults.
//!
//! Flink: `StateBackendOptions`, `CheckpointingOptions.INCREMENTAL_CHECKPOINTS`, `RocksDBConfigurableOptions`.

use super::checkpoint_settings::memory_size;
use super::error::ApiError;
use super::restart_options::one_of;

/// A state backend by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateBackendType {
    /// In tables on the heap. Flink: `HashMapStateBackend`.
    #[default]
    Hashmap,
    /// In files. Flink: `EmbeddedRocksDBStateBackend`.
    Rocksdb,
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateBackendOptions {
    pub backend: StateBackendType,
    /// Files that a checkpoint has written are not written again by the next one.
    pub is_incremental: bool,
    /// When the write buffer of files is full, in bytes. Far below Flink's 64 MB, so that a small job shows it.
    pub write_buffer_bytes: u32,
}

impl Default for StateBackendOptions {
    fn default() -> Self {
        Self { backend: StateBackendType::Hashmap, is_incremental: false, write_buffer_bytes: 16 << 10 }
    }
}

impl StateBackendOptions {
    /// Sets the option of this key. Answers whether there is one.
    ///
    /// # Errors
    /// The value is none of this option.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ApiError> {
        match key {
            "state.backend.type" => {
                let choices =
                    [("hashmap", StateBackendType::Hashmap), ("rocksdb", StateBackendType::Rocksdb)];
                self.backend = one_of(key, value, &choices)?;
            }
            "state.backend.rocksdb.writebuffer.size" => {
                let max = i64::from(i32::MAX);
                self.write_buffer_bytes = memory_size(key, value, 1, max)? as u32;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_set_by_their_keys() {
        let mut options = StateBackendOptions::default();
        assert_eq!(options.set("state.backend.type", "rocksdb"), Ok(true));
        assert_eq!(options.set("state.backend.rocksdb.writebuffer.size", "4 kb"), Ok(true));
        assert_eq!((options.backend, options.write_buffer_bytes), (StateBackendType::Rocksdb, 4096));
        assert_eq!(options.set("state.backend", "rocksdb"), Ok(false));
        assert!(options.set("state.backend.type", "forst").is_err());
    }
}

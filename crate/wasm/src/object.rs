//! Objects of JavaScript that are maps: their keys are data.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use weir_engine::base::ordered::SortedMap;

/// A map that is an object on the other side.
pub struct ObjectMap<K, V>(pub SortedMap<K, V>);

impl<K, V> Default for ObjectMap<K, V> {
    fn default() -> Self {
        Self(SortedMap::new())
    }
}

impl<K: Serialize, V: Serialize> Serialize for ObjectMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for ObjectMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
    type Value = ObjectMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = ObjectMap::default();
        while let Some((key, value)) = map.next_entry()? {
            entries.0.insert(key, value);
        }
        Ok(entries)
    }
}

//! The memory as it is when a module starts.

use wasmparser::{Data, DataKind, Operator, Parser, Payload};

use super::Error;

/// What is in the memory at the start, by address.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) segments: Vec<(u32, Vec<u8>)>,
}

impl Memory {
    pub(super) fn read(wasm: &[u8]) -> Result<Self, Error> {
        let mut segments = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::DataSection(section) = payload? {
                for datum in section {
                    let datum = datum?;
                    segments.extend(address(&datum)?.map(|address| (address, datum.data.to_vec())));
                }
            }
        }
        Ok(Self { segments })
    }

    /// The bytes that start at `address`, of a segment that starts there.
    pub(super) fn segment(&self, address: u32) -> Option<&[u8]> {
        self.segments.iter().find(|(start, _)| *start == address).map(|(_, bytes)| bytes.as_slice())
    }

    pub(super) fn bytes(&self, address: u32, length: u32) -> Option<&[u8]> {
        self.segments.iter().find_map(|(start, bytes)| {
            let from = address.checked_sub(*start)? as usize;
            bytes.get(from..from.checked_add(length as usize)?)
        })
    }

    pub(super) fn write(&mut self, address: u32, content: &[u8]) {
        for (start, bytes) in &mut self.segments {
            let from = address.checked_sub(*start).map(|from| from as usize);
            if let Some(at) = from.and_then(|from| bytes.get_mut(from..from + content.len())) {
                at.copy_from_slice(content);
            }
        }
    }

    pub(super) fn clear(&mut self, address: u32, length: u32) {
        self.write(address, &vec![0; length as usize]);
    }

    /// Each word that may be an address.
    pub(super) fn words(&self) -> impl Iterator<Item = u32> {
        self.segments.iter().flat_map(|(start, bytes)| {
            let skipped = (start.wrapping_neg() % 4) as usize;
            let words = bytes.get(skipped..).unwrap_or_default().chunks_exact(4);
            words.map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        })
    }
}

/// Where a segment is put, if a constant tells it.
pub(super) fn address(datum: &Data<'_>) -> Result<Option<u32>, Error> {
    let DataKind::Active { offset_expr, .. } = &datum.kind else { return Ok(None) };
    Ok(match offset_expr.get_operators_reader().read()? {
        Operator::I32Const { value } => Some(value as u32),
        _ => None,
    })
}

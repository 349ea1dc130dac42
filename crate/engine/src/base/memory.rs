//! The memory of the process, where it grows at a price.
//!
//! Contract: nothing is decided by it. In wasm memory grows by pages, and a browser takes each time it does for a reason
//! to collect its garbage: a run that keeps more and more would stop for that a thousand times.

/// What is made room for at least.
#[cfg(target_family = "wasm")]
const ROOM_MIN: usize = 1 << 20;

/// Sees to it that there is room for an eighth of what is there, in one step if it must grow.
#[cfg(target_family = "wasm")]
pub fn make_room() {
    const PAGE: usize = 1 << 16;
    let room = core::arch::wasm32::memory_size::<0>() * PAGE / 8;
    let mut bytes = Vec::<u8>::new();
    // Where there is none, what needs it will say so.
    let _ = bytes.try_reserve_exact(room.max(ROOM_MIN));
    std::hint::black_box(bytes);
}

/// Elsewhere memory comes as it is needed.
#[cfg(not(target_family = "wasm"))]
pub const fn make_room() {}

//! Locals by how often they are used, those of a type together: functions that do the same then say the same.

use std::cmp::Reverse;

use wasmparser::{Operator, ValType};

use super::Function;

/// Numbers the function's locals anew; those that nothing uses go.
pub(super) fn number_by_use(function: &mut Function<'_>) {
    let params = function.params as usize;
    let mut uses = vec![0_u32; function.locals.len()];
    for operator in &mut function.operators {
        if let Some(local) = local(operator).filter(|local| **local as usize >= params) {
            uses[*local as usize - params] += 1;
        }
    }
    let mut order: Vec<usize> = (0..uses.len()).filter(|&at| uses[at] > 0).collect();
    order.sort_by_key(|&at| (rank(function.locals[at]), Reverse(uses[at])));
    let mut places = vec![0; uses.len()];
    for (to, &from) in order.iter().enumerate() {
        places[from] = (params + to) as u32;
    }
    for operator in &mut function.operators {
        if let Some(local) = local(operator).filter(|local| **local as usize >= params) {
            *local = places[*local as usize - params];
        }
    }
    function.locals = order.iter().map(|&at| function.locals[at]).collect();
}

fn local<'o>(operator: &'o mut Operator<'_>) -> Option<&'o mut u32> {
    match operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(local_index),
        _ => None,
    }
}

fn rank(kind: ValType) -> u8 {
    match kind {
        ValType::I32 => 0,
        ValType::I64 => 1,
        ValType::F32 => 2,
        ValType::F64 => 3,
        ValType::V128 => 4,
        // One rank for all of them would mix their groups; they are too few to matter.
        ValType::Ref(_) => 5,
    }
}

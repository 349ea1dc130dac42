//! What is shared with snapshots, to change it.

use std::rc::Rc;

/// `Rc::make_mut` where it is called for each record: the question whether something else shares it stands in the
/// caller, and only the copy is a call.
#[inline(always)]
pub fn own<T: Clone>(shared: &mut Rc<T>) -> &mut T {
    if Rc::get_mut(shared).is_none() {
        copy(shared);
    }
    Rc::get_mut(shared).expect("nothing else shares it")
}

/// The same where it is called seldom: all of it is a call, and less code than `Rc::make_mut`, which minds weak references.
#[inline(never)]
pub fn own_seldom<T: Clone>(shared: &mut Rc<T>) -> &mut T {
    own(shared)
}

/// The same of a list of a fixed length.
#[inline(always)]
pub fn own_slice<T: Clone>(shared: &mut Rc<[T]>) -> &mut [T] {
    if Rc::get_mut(shared).is_none() {
        *shared = shared.iter().cloned().collect();
    }
    Rc::get_mut(shared).expect("nothing else shares it")
}

#[cold]
#[inline(never)]
fn copy<T: Clone>(shared: &mut Rc<T>) {
    *shared = Rc::new(T::clone(shared));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_keeps_what_it_had() {
        let mut shared = Rc::new(vec![1]);
        own(&mut shared).push(2);
        let snapshot = Rc::clone(&shared);
        own(&mut shared).push(3);
        assert_eq!((&**shared, &**snapshot), (&[1, 2, 3][..], &[1, 2][..]));
    }
}

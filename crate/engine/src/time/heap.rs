//! A binary heap whose elements know their place, so that one in its middle can change or leave.
//!
//! Contract: which of several elements of equal priority comes first follows from the calls alone, and is what
//! Flink's heap makes of the same calls: timers of one timestamp fire in the order in which they would there.
//! Flink: `HeapPriorityQueue`.

/// The elements of a heap, by number: the heap itself holds the numbers and the priorities.
pub trait HeapElements {
    /// The element now stands at this place.
    fn set_place(&mut self, element: u32, place: u32);
}

#[derive(Clone, Copy, Debug)]
struct Element {
    /// The least comes first.
    priority: i64,
    number: u32,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct HeapPriorityQueue {
    heap: Vec<Element>,
}

impl HeapPriorityQueue {
    /// The element that comes first.
    pub fn peek(&self) -> Option<u32> {
        self.heap.first().map(|first| first.number)
    }

    /// Its priority.
    pub fn first_priority(&self) -> Option<i64> {
        self.heap.first().map(|first| first.priority)
    }

    /// All elements, in the order of their places.
    pub fn elements(&self) -> impl Iterator<Item = u32> {
        self.heap.iter().map(|element| element.number)
    }

    /// How many elements there are.
    pub const fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The priority of the element at a place has changed.
    pub fn change(&mut self, place: u32, priority: i64, elements: &mut impl HeapElements) {
        self.heap[place as usize].priority = priority;
        self.adjust(place, elements);
    }

    /// Adds an element that is not there yet.
    pub fn add(&mut self, number: u32, priority: i64, elements: &mut impl HeapElements) {
        self.heap.push(Element { priority, number });
        self.sift_up(self.heap.len() - 1, elements);
    }

    /// Removes the element at a place; the last one takes the place and moves from there.
    pub fn remove(&mut self, place: u32, elements: &mut impl HeapElements) -> u32 {
        let removed = self.heap.swap_remove(place as usize);
        if (place as usize) < self.heap.len() {
            self.adjust(place, elements);
        }
        removed.number
    }

    fn adjust(&mut self, place: u32, elements: &mut impl HeapElements) {
        let element = self.heap[place as usize].number;
        self.sift_down(place as usize, elements);
        if self.heap[place as usize].number == element {
            self.sift_up(place as usize, elements);
        }
    }

    /// The element at a place has got another number.
    pub fn renumber(&mut self, place: u32, number: u32) {
        self.heap[place as usize].number = number;
    }

    fn sift_up(&mut self, mut at: usize, elements: &mut impl HeapElements) {
        // A slice is indexed in place; to index a vector is a call where code is made small.
        let heap = self.heap.as_mut_slice();
        let element = heap[at];
        while at > 0 {
            let parent = heap[(at - 1) / 2];
            if element.priority >= parent.priority {
                break;
            }
            put(heap, at, parent, elements);
            at = (at - 1) / 2;
        }
        put(heap, at, element, elements);
    }

    fn sift_down(&mut self, mut at: usize, elements: &mut impl HeapElements) {
        let heap = self.heap.as_mut_slice();
        let element = heap[at];
        // The child that comes before the other one; the first of equals.
        while 2 * at + 1 < heap.len() {
            let mut child = 2 * at + 1;
            if child + 1 < heap.len() && heap[child + 1].priority < heap[child].priority {
                child += 1;
            }
            if heap[child].priority >= element.priority {
                break;
            }
            put(heap, at, heap[child], elements);
            at = child;
        }
        put(heap, at, element, elements);
    }
}

#[inline(always)]
fn put(heap: &mut [Element], at: usize, element: Element, elements: &mut impl HeapElements) {
    heap[at] = element;
    elements.set_place(element.number, at as u32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Numbers {
        priorities: Vec<i64>,
        places: Vec<u32>,
    }

    impl HeapElements for Numbers {
        fn set_place(&mut self, element: u32, place: u32) {
            self.places[element as usize] = place;
        }
    }

    fn heap_of(priorities: &[i64]) -> (HeapPriorityQueue, Numbers) {
        let mut numbers = Numbers { priorities: priorities.to_vec(), places: vec![0; priorities.len()] };
        let mut heap = HeapPriorityQueue::default();
        for (number, &priority) in (0..).zip(priorities) {
            heap.add(number, priority, &mut numbers);
        }
        (heap, numbers)
    }

    fn drain(mut heap: HeapPriorityQueue, mut numbers: Numbers) -> Vec<u32> {
        let mut order = vec![];
        while heap.peek().is_some() {
            order.push(heap.remove(0, &mut numbers));
            for place in 0..heap.len() as u32 {
                assert_eq!(numbers.places[heap.heap[place as usize].number as usize], place);
            }
        }
        order
    }

    #[test]
    fn the_least_comes_first() {
        let (heap, numbers) = heap_of(&[5, 1, 4, 1, 3]);
        let priorities = numbers.priorities.clone();
        let order: Vec<i64> =
            drain(heap, numbers).iter().map(|&element| priorities[element as usize]).collect();
        assert_eq!(order, [1, 1, 3, 4, 5]);
    }

    #[test]
    fn equals_come_as_from_flinks_heap() {
        // Not in the order in which they were added: the last one takes the place of the first.
        let (heap, numbers) = heap_of(&[7; 5]);
        assert_eq!(drain(heap, numbers), [0, 4, 3, 2, 1]);
    }

    #[test]
    fn one_in_the_middle_changes_or_leaves() {
        let (mut heap, mut numbers) = heap_of(&[1, 2, 3, 4, 5, 6]);
        heap.change(numbers.places[5], 0, &mut numbers);
        assert_eq!(heap.peek(), Some(5));
        assert_eq!(heap.remove(numbers.places[1], &mut numbers), 1);
        assert_eq!(drain(heap, numbers), [5, 0, 2, 3, 4]);
    }
}

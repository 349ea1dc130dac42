//! Which subpartitions of which producers each consumer reads.
//!
//! All divisions are of integers, as in Flink: `VertexInputInfoComputationUtils`.

/// What one consumer reads: these subpartitions of each of these producers, all bounds inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumedRange {
    pub producer_first: u32,
    pub producer_last: u32,
    pub subpartition_first: u32,
    pub subpartition_last: u32,
}

/// Every consumer reads its own subpartition of every producer.
pub fn all_to_all(producers: u32, consumers: u32) -> Vec<ConsumedRange> {
    (0..consumers)
        .map(|consumer| ConsumedRange {
            producer_first: 0,
            producer_last: producers - 1,
            subpartition_first: consumer,
            subpartition_last: consumer,
        })
        .collect()
}

/// Each consumer reads a share of the producers, or each producer serves a share of the consumers.
pub fn pointwise(producers: u32, consumers: u32) -> Vec<ConsumedRange> {
    (0..consumers)
        .map(|consumer| {
            if producers >= consumers {
                let first = consumer * producers / consumers;
                let last = (consumer + 1) * producers / consumers - 1;
                return range(first, last, 0);
            }
            let producer = (0..producers)
                .find(|&producer| consumer < served_until(producer, producers, consumers))
                .expect("the last producer serves the last consumer");
            let served_from = (producer * consumers).div_ceil(producers);
            let count = served_until(producer, producers, consumers) - served_from;
            // The consumer's number in the whole, not in its share, chooses the subpartition.
            range(producer, producer, consumer % count)
        })
        .collect()
}

/// How many subpartitions each producer's partition has: one for each of its consumers.
pub fn subpartitions(producers: u32, consumers: &[ConsumedRange]) -> Vec<u32> {
    (0..producers)
        .map(|producer| {
            let reads =
                |range: &&ConsumedRange| (range.producer_first..=range.producer_last).contains(&producer);
            consumers.iter().filter(reads).count() as u32
        })
        .collect()
}

fn served_until(producer: u32, producers: u32, consumers: u32) -> u32 {
    ((producer + 1) * consumers).div_ceil(producers)
}

const fn range(producer_first: u32, producer_last: u32, subpartition: u32) -> ConsumedRange {
    ConsumedRange {
        producer_first,
        producer_last,
        subpartition_first: subpartition,
        subpartition_last: subpartition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_consumers_than_producers_are_numbered_as_in_flink() {
        let reads: Vec<(u32, u32)> =
            pointwise(2, 5).iter().map(|r| (r.producer_first, r.subpartition_first)).collect();
        assert_eq!(reads, [(0, 0), (0, 1), (0, 2), (1, 1), (1, 0)]);
        assert_eq!(subpartitions(2, &pointwise(2, 5)), [3, 2]);
    }

    #[test]
    fn every_subpartition_is_read_once() {
        for producers in 1..12 {
            for consumers in 1..12 {
                for ranges in [pointwise(producers, consumers), all_to_all(producers, consumers)] {
                    let counts = subpartitions(producers, &ranges);
                    for producer in 0..producers {
                        let mut read: Vec<u32> = ranges
                            .iter()
                            .filter(|r| (r.producer_first..=r.producer_last).contains(&producer))
                            .map(|r| r.subpartition_first)
                            .collect();
                        read.sort_unstable();
                        assert_eq!(read, (0..counts[producer as usize]).collect::<Vec<_>>());
                    }
                }
            }
        }
    }
}

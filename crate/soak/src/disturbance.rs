//! What happens to a job from outside while it runs.

use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::link::LinkSpeed;
use weir_engine::cluster::link_fault::{LinkFault, Links};
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::task::pace::Speed;

use crate::dice::Dice;

/// Now and then the job is cancelled, a vertex changes its speed, or links are slow or cut for a while.
pub fn disturb(sim: &mut Sim, dice: &mut Dice) {
    match dice.below(12) {
        0 => {
            wait(sim, dice, 3000);
            sim.command(Command::CancelJob);
        }
        1 | 2 => change_speeds(sim, dice),
        3 | 4 if sim.world().scenario().task_managers > 1 => break_links(sim, dice),
        _ => {}
    }
}

fn wait(sim: &mut Sim, dice: &mut Dice, ticks_max: u32) {
    sim.advance(u64::from(dice.magnitude(1, ticks_max)));
}

fn change_speeds(sim: &mut Sim, dice: &mut Dice) {
    let vertices = sim.world().plan().vertices.len() as u32;
    for _ in 0..dice.between(1, 3) {
        wait(sim, dice, 500);
        let speed = Speed::RecordsPerTick(dice.magnitude(1, 100));
        sim.command(Command::SetSpeed { vertex: dice.below(vertices), speed });
    }
}

/// What is cut is mended in the end; by then the connection may have been given up, or it was reset.
fn break_links(sim: &mut Sim, dice: &mut Dice) {
    let task_managers = sim.world().scenario().task_managers;
    for _ in 0..dice.between(1, 4) {
        wait(sim, dice, 800);
        let from = dice.below(task_managers);
        let to = (from + dice.between(1, task_managers - 1)) % task_managers;
        let both_ways = dice.once_in(2);
        let links = Links { from: TaskManagerId(from), to: TaskManagerId(to), both_ways };
        if dice.once_in(2) {
            let latency_ticks = dice.magnitude(1, 300);
            let speed = LinkSpeed { latency_ticks, bytes_per_tick: dice.magnitude(500, 100_000) };
            sim.command(Command::Link(LinkFault::Slow(links, speed)));
            wait(sim, dice, 2000);
        } else {
            sim.command(Command::Link(LinkFault::Cut(links)));
            wait(sim, dice, 2000);
        }
        if dice.once_in(10) {
            sim.command(Command::Link(LinkFault::Reset { a: links.from, b: links.to }));
        }
        if dice.once_in(2) {
            // Whatever happened to the links between the two before.
            sim.command(Command::Link(LinkFault::Restore(Links { both_ways: true, ..links })));
        }
    }
    for from in 0..task_managers {
        for to in from + 1..task_managers {
            let links = Links { from: TaskManagerId(from), to: TaskManagerId(to), both_ways: true };
            sim.command(Command::Link(LinkFault::Restore(links)));
        }
    }
}

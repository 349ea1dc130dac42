//! Who allots what, who hears of what, and how an application ends.

use super::*;
use crate::base::ids::TaskManagerId;

const MASTER: Address = Address::ResourceManager;

fn yarn(node_managers: u32, node_memory_mb: u32) -> Yarn {
    let options = YarnOptions { node_managers, node_memory_mb, ..YarnOptions::default() };
    Yarn::new(options, false, 1728, vec![("job.jar", vec![0; 10])])
}

/// Lets everybody poll until `end`, and each call arrive at once. Answers what was said, with its tick.
fn run(yarn: &mut Yarn, end: u64, mut first: Outbox) -> (Vec<(u64, String)>, Vec<YarnAction>) {
    let (mut said, mut actions) = (Vec::new(), Vec::new());
    let mut calls: Vec<(Address, Address, Call)> =
        first.take_calls().into_iter().map(|(to, call)| (MASTER, to, call)).collect();
    for now in 0..end {
        calls.extend(
            std::iter::from_fn(|| yarn.poll(now)).map(|(from, to, call)| (from, to, Call::Yarn(call))),
        );
        while !calls.is_empty() {
            let (from, to, call) = calls.remove(0);
            let Call::Yarn(call) = call else { panic!("all of it is on YARN") };
            said.push((now, call.to_string()));
            let mut outbox = Outbox::default();
            actions.extend(yarn.receive((from, to), &call, now, &mut outbox));
            for (owner, _) in outbox.take_file_requests() {
                actions.extend(yarn.on_file(owner, now, &mut outbox));
            }
            calls.extend(outbox.take_calls().into_iter().map(|(next, call)| (to, next, call)));
        }
    }
    (said, actions)
}

/// The same, with an ApplicationMaster that has registered.
fn up(yarn: &mut Yarn) {
    let mut outbox = Outbox::default();
    say(&mut outbox, Address::YarnResourceManager, YarnCall::SubmitApplication);
    let (_, actions) = run(yarn, 1500, outbox);
    assert_eq!(actions, [YarnAction::Start(ContainerId::MASTER)]);
    let mut outbox = Outbox::default();
    yarn.register_master(&mut outbox);
    run(yarn, 1, outbox);
    assert_eq!(yarn.state(), ApplicationState::Running);
}

#[test]
fn containers_are_allotted_where_there_is_room_and_others_wait() {
    let mut yarn = yarn(2, 4096);
    up(&mut yarn);
    (0..4).for_each(|_| yarn.request_resource());
    let (said, actions) = run(&mut yarn, 5000, Outbox::default());
    assert!(said.iter().any(|(_, text)| text == "allocate, 4 container requests"), "{said:?}");
    // A container is 2048 MB: the node of the ApplicationMaster has room for one more, the other for two.
    assert_eq!(actions, [2, 3, 4].map(|id| YarnAction::Start(ContainerId(id))));
    assert_eq!(yarn.containers().iter().map(|container| container.node).collect::<Vec<_>>(), [0, 1, 1, 0]);
    assert_eq!((yarn.memory_of(0), yarn.memory_of(1)), ((4096, 4096), (4096, 4096)));
}

#[test]
fn the_master_hears_of_a_container_that_ended_and_not_of_one_that_it_gave_back() {
    let mut yarn = yarn(1, 8192);
    up(&mut yarn);
    (0..2).for_each(|_| yarn.request_resource());
    run(&mut yarn, 3000, Outbox::default());
    for (id, number) in [(2, 0), (3, 1)] {
        yarn.started(ContainerId(id), TaskManagerId(number));
        yarn.exited(ContainerId(id));
    }
    yarn.release_resource(TaskManagerId(1), &mut Outbox::default());
    let (said, actions) = run(&mut yarn, 9000, Outbox::default());
    assert_eq!(actions, [YarnAction::WorkerTerminated(ContainerId(2))]);
    let at = |text: &str| said.iter().find(|(_, said)| said.starts_with(text)).map(|&(tick, _)| tick);
    let (told, heard) = (at("nodeHeartbeat, complete:"), at("allocate: complete"));
    assert!(told.is_some() && heard > told && heard.is_some_and(|tick| tick % 5000 == 0), "{said:?}");
}

#[test]
fn who_leaves_without_a_word_has_failed() {
    let mut yarn = yarn(1, 8192);
    up(&mut yarn);
    yarn.request_resource();
    run(&mut yarn, 3000, Outbox::default());
    yarn.exited(ContainerId::MASTER);
    let (_, actions) = run(&mut yarn, 9000, Outbox::default());
    assert_eq!(yarn.state(), ApplicationState::Failed);
    assert_eq!(actions, [YarnAction::Stop(ContainerId(2))]);
}

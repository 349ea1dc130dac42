/**
 * What the examples run, and what there is to watch in them. Loaded when one of them is opened: all but the first,
 * which most readers see and no more.
 */
import type { ExampleId, FIRST_EXAMPLE } from "./catalog";
import rescale from "./jobs/rescale.job?raw";
import stopAndStart from "./jobs/stop-and-start.job?raw";
import barriers from "./jobs/barriers.job?raw";
import exactlyOnce from "./jobs/exactly-once.job?raw";
import incremental from "./jobs/incremental.job?raw";
import timeout from "./jobs/timeout.job?raw";
import twelvePhases from "./jobs/twelve-phases.job?raw";
import unaligned from "./jobs/unaligned.job?raw";
import asyncLookups from "./jobs/async.job?raw";
import batchFailover from "./jobs/batch-failover.job?raw";
import batch from "./jobs/batch.job?raw";
import bufferTimeout from "./jobs/buffer-timeout.job?raw";
import chaining from "./jobs/chaining.job?raw";
import coProcess from "./jobs/co-process.job?raw";
import diamond from "./jobs/diamond.job?raw";
import failing from "./jobs/failing.job?raw";
import assigners from "./jobs/assigners.job?raw";
import idlePartition from "./jobs/idle-partition.job?raw";
import intervalJoin from "./jobs/interval-join.job?raw";
import keyedState from "./jobs/keyed-state.job?raw";
import lateData from "./jobs/late-data.job?raw";
import sessions from "./jobs/sessions.job?raw";
import largeRecord from "./jobs/large-record.job?raw";
import oneConnection from "./jobs/one-connection.job?raw";
import partitioners from "./jobs/partitioners.job?raw";
import rateLimited from "./jobs/rate-limited.job?raw";
import lateHeartbeat from "./jobs/late-heartbeat.job?raw";
import onYarn from "./jobs/on-yarn.job?raw";
import noSlotLeft from "./jobs/no-slot-left.job?raw";
import reactive from "./jobs/reactive.job?raw";
import slotSharing from "./jobs/slot-sharing.job?raw";
import jobManagerFailsOver from "./jobs/job-manager-fails-over.job?raw";
import regionFailover from "./jobs/region-failover.job?raw";
import sideOutputs from "./jobs/side-outputs.job?raw";
import skew from "./jobs/skew.job?raw";
import slowOperator from "./jobs/slow-operator.job?raw";

/** A moment of a run to go to, and what there is to see. */
export interface Moment {
  readonly tick: number;
  readonly text: string;
}

export interface Content {
  /** The job's source. */
  readonly source: string;
  /** What to watch, in the order of time. */
  readonly watch?: readonly Moment[];
  /** Another run beside it. */
  readonly beside?: Beside;
}

/** The same job with something changed, on the same cluster. */
export interface Beside {
  /** What the example's own run is called, and the other one. */
  readonly names: readonly [string, string];
  readonly change: (source: string) => string;
}

export const LIBRARY: Readonly<Record<Exclude<ExampleId, typeof FIRST_EXAMPLE>, Content>> = {
  "keyed-state": { source: keyedState },
  "side-outputs": { source: sideOutputs },
  diamond: { source: diamond },
  partitioners: { source: partitioners },
  chaining: { source: chaining },
  "co-process": { source: coProcess },
  "rate-limited": { source: rateLimited },
  failing: { source: failing },
  "twelve-phases": {
    source: twelvePhases,
    watch: [
      { tick: 44, text: "The processes are up, each by its own steps; nobody has said a word yet." },
      { tick: 50, text: "Phases 1 to 6: the job has a JobMaster, which registered and told what it needs." },
      { tick: 54, text: "Phases 7 to 10: slots were allotted and offered, tasks deployed, and they run." },
      {
        tick: 82,
        text: "Phase 11: the sources have come to their end, and tell that all their data is through.",
      },
      { tick: 119, text: "Phase 12: the slots are given back. The processes wait for the next job." },
    ],
  },
  "on-yarn": {
    source: onYarn,
    watch: [
      {
        tick: 300,
        text: "The job's files are in HDFS, and the application is accepted: it has no container yet.",
      },
      {
        tick: 1200,
        text: "NodeManager 1 had room for the ApplicationMaster; the JobManager starts in its container.",
      },
      {
        tick: 2480,
        text: "The main has submitted the job. Two slots lack, so two containers were asked for, and were allotted.",
      },
      { tick: 3000, text: "The TaskManagers in them have started and registered, and the tasks run." },
      {
        tick: 9050,
        text: "A container's process is killed. Its NodeManager knows, YARN and the JobManager do not yet.",
      },
      {
        tick: 12_480,
        text: "YARN told the ApplicationMaster, which asked for another container, on the node with room.",
      },
      { tick: 13_000, text: "TaskManager 3 runs in it, and the job goes on from its last checkpoint." },
    ],
  },
  "region-failover": {
    source: regionFailover,
    watch: [
      { tick: 5001, text: "TaskManager 2 is killed. Nothing is connected to it, so nobody notices." },
      {
        tick: 20_002,
        text: "The second heartbeat in a row has failed: the ResourceManager gives up TaskManager 2 and tells the JobMaster, which gives up what ran there.",
      },
      {
        tick: 22_100,
        text: "The delay is over, and the job waits for two slots. The other two slices run on.",
      },
      {
        tick: 24_100,
        text: "TaskManager 3 has registered, and the lost slices run there, from their beginning.",
      },
    ],
  },
  "batch-failover": {
    source: batchFailover,
    watch: [
      {
        tick: 1500,
        text: "The orders are on the files of both TaskManagers, and are added up. Each subtask is a region of its own.",
      },
      {
        tick: 2100,
        text: "TaskManager 2 is stopped, and its files are gone. The failure walks from what ran there to all that was to read the same results.",
      },
      {
        tick: 2600,
        text: "It has reached orders (2/2) too, whose result is lost: it runs again, and the others wait for it. Orders (1/2) is spared: its result is whole.",
      },
      {
        tick: 4000,
        text: "The lost result is complete again, and the sums are made anew, also on TaskManager 3.",
      },
      { tick: 5700, text: "Their results are complete too, and the last stage begins." },
    ],
  },
  "no-slot-left": {
    source: noSlotLeft,
    watch: [
      {
        tick: 1000,
        text: "Both slots are offered to the job, which needs three, and deploys nothing before it has them.",
      },
      {
        tick: 60_100,
        text: "The request of the slots has timed out: NoResourceAvailableException. The job starts again.",
      },
      { tick: 66_000, text: "It has the same two slots, and waits again." },
      {
        tick: 90_100,
        text: "A TaskManager was started: its slot is the third one, and all tasks are deployed.",
      },
    ],
  },
  "slot-sharing": {
    source: slotSharing,
    watch: [
      { tick: 500, text: "Source and print share two slots, the sums have two of their own: four in all." },
    ],
  },
  reactive: {
    source: reactive,
    watch: [
      { tick: 3900, text: "The job runs with two subtasks, as many as there are slots." },
      {
        tick: 4500,
        text: "TaskManager 2 has come. The job lets that settle for a second, and waits for a checkpoint.",
      },
      { tick: 6000, text: "It was restored from that checkpoint with four subtasks." },
      {
        tick: 14_000,
        text: "TaskManager 1 has left, and half of the tasks with it: after its delay the job goes on with two subtasks.",
      },
    ],
  },
  "job-manager-fails-over": {
    source: jobManagerFailsOver,
    watch: [
      {
        tick: 1801,
        text: "JobManager 1 is killed. Tasks run on, but nobody takes their checkpoints, and nothing more is committed.",
      },
      {
        tick: 2812,
        text: "Its session has expired: TaskManagers fail the tasks and keep the slots, and JobManager 2 takes the lead and reads what is stored.",
      },
      {
        tick: 2900,
        text: "TaskManagers have registered, offered their slots, and the tasks run again from the last checkpoint.",
      },
      { tick: 4001, text: "JobManager 1 starts again, and stands by." },
    ],
  },
  "late-heartbeat": {
    source: lateHeartbeat,
    watch: [
      {
        tick: 12_100,
        text: "TaskManager 2 does nothing any more. Its connections stand, so nobody knows: it might just be slow.",
      },
      {
        tick: 60_100,
        text: "For 50 s it has answered no heartbeat: the JobMaster takes its slot back and fails what ran there.",
      },
      { tick: 62_000, text: "The delay is over, and there is one slot for a job that needs two." },
      {
        tick: 75_200,
        text: "TaskManager 2 goes on, hears that it counts as gone, drops its tasks and offers its slot again.",
      },
    ],
  },
  "idle-partition": {
    source: idlePartition,
    watch: [
      { tick: 1200, text: "North has gone on for a second, but the first window still waits." },
      {
        tick: 5000,
        text: "Window's watermark is the least of its channels': south's, from its only record. Four windows wait.",
      },
      { tick: 30013, text: "South measures again: its watermark jumps, and twenty windows fire at once." },
    ],
  },
  "late-data": {
    source: lateData,
    watch: [
      {
        tick: 131,
        text: "Between 6 and 7 o'clock 13 flights were to leave and are gone: three of the four say so, wait does not yet.",
      },
      {
        tick: 366,
        text: "48 of 256 flights came too late for drop. Correct has told 48 results twice, aside has put 48 aside.",
      },
    ],
  },
  assigners: {
    source: assigners,
    watch: [
      {
        tick: 1250,
        text: "In the tab Event time: sliding windows lie over each other, each click is in two.",
      },
      {
        tick: 2400,
        text: "Sessions grew with each click and ended in the pauses; the global window fires by count.",
      },
    ],
  },
  sessions: {
    source: sessions,
    watch: [
      {
        tick: 124,
        text: "California has two sessions on January 31: one until 12:20, and one from 12:38 on.",
      },
      {
        tick: 125,
        text: "A quake between them was published now: the two became one. See the tab Event time.",
      },
      { tick: 227, text: "A quake that was published more than six hours late was dropped." },
    ],
  },
  "interval-join": {
    source: intervalJoin,
    watch: [
      {
        tick: 613,
        text: "See the tab Event time: each order waits for payments of the next 300 ms, a box of that height. It fills when one comes.",
      },
      {
        tick: 1013,
        text: "Payment 3 comes 700 ms after its order, which does not wait any more. It finds order 9 of the same customer: a join by key and time knows no better.",
      },
      {
        tick: 2609,
        text: "Payment 22 is reported half a second after it was made. The watermark has passed it: it goes to the side output, and order 22 stays unpaid.",
      },
      {
        tick: 3500,
        text: "An order that waits is state. When the watermark has passed its 300 ms it is forgotten, paid or not: few boxes are open at any time.",
      },
    ],
  },
  async: {
    source: asyncLookups,
    watch: [
      {
        tick: 420,
        text: "unordered has handed on seven orders. ordered has three: it holds back all that was answered after order 3, which nobody has answered yet.",
      },
      {
        tick: 600,
        text: "unordered has handed on orders 0 to 9 but for 8, and holds back later ones that were answered: a watermark stands behind order 9, and no record passes it.",
      },
      {
        tick: 2300,
        text: "Order 33 got lost on the way. ordered has handed on nothing since order 32; unordered has come to 49, though it was lost there too.",
      },
      {
        tick: 2400,
        text: "After a second its timeout answered for it, and all that had waited behind it goes on at once.",
      },
      {
        tick: 4000,
        text: "Eight questions may be open. While the slowest holds the others, no new one is asked, and the other orders wait in the buffers: ordered has handed on 70, unordered 89.",
      },
    ],
  },
  barriers: {
    source: barriers,
    watch: [
      {
        tick: 196,
        text: "Checkpoint 1 begins: the JobMaster calls both sources, and no other task knows of it.",
      },
      {
        tick: 197,
        text: "Each source has put its barrier (magenta) behind its last record, into each of its queues, and writes how far it has read.",
      },
      {
        tick: 201,
        text: "sum (1/2) has the barrier of one source. What comes behind it there belongs to the next checkpoint, so that this channel (hatched) waits for the other one.",
      },
      {
        tick: 205,
        text: "Both barriers are there: sum (1/2) has taken its snapshot and reads on while it is written.",
      },
      {
        tick: 220,
        text: "sum (2/2) is the straggler: it has more keys, so more stands before its barriers. See the tab Checkpoints.",
      },
      {
        tick: 279,
        text: "All four have answered: checkpoint 1 is complete, and every task is told.",
      },
    ],
  },
  unaligned: {
    source: unaligned,
    beside: {
      names: ["Aligned: barriers wait", "Unaligned: barriers overtake"],
      change: (source) => source.replace("const unaligned = false", "const unaligned = true"),
    },
    watch: [
      {
        tick: 650,
        text: "All queues are full before slow. Beside it, checkpoint 2 has just begun: its barriers go ahead of all that waits.",
      },
      {
        tick: 657,
        text: "After 8 ms it is complete. The buffers that it overtook are part of it: see how many bytes were in flight.",
      },
      {
        tick: 700,
        text: "Aligned, checkpoint 1 is still under way, since tick 148: its last barriers stand behind two buffers.",
      },
      {
        tick: 2083,
        text: "Aligned, checkpoint 2 took 1.3 seconds for 4 KiB of state; beside it four were complete meanwhile.",
      },
      {
        tick: 5900,
        text: "The records come out at the same pace in both: what differs is how old the newest checkpoint is, and its size.",
      },
    ],
  },
  timeout: {
    source: timeout,
    watch: [
      { tick: 565, text: "slow keeps up: checkpoint 2 took 32 ms." },
      {
        tick: 1231,
        text: "Checkpoint 3 is 399 ms old. The sentence says whom it waits for, and how many buffers stand before the barrier; the tab Checkpoints shows both subtasks of slow without a barrier.",
      },
      {
        tick: 1233,
        text: "Expired: it is given up, and the next one, which had to wait, begins behind even fuller queues.",
      },
      {
        tick: 2433,
        text: "Four in a row have expired. After six the job would fail, as it would after the first one by default.",
      },
      { tick: 2534, text: "slow is fast again since tick 2500, and checkpoint 7 comes through in time." },
    ],
  },
  "exactly-once": {
    source: exactlyOnce,
    watch: [
      {
        tick: 386,
        text: "Pre-commit: the barrier has come, and the writer has handed its 19 rows to the committer as a transaction. Whoever reads what is committed sees none of them.",
      },
      { tick: 391, text: "Checkpoint 1 is complete, the committer was told: 19 rows at once." },
      {
        tick: 888,
        text: "The task failed at tick 887: checkpoint 2 holds the next transaction, and its answer is on its way to the JobMaster.",
      },
      {
        tick: 990,
        text: "Restarted from checkpoint 2, which was complete. Nobody knows whether its transaction was committed, so it is committed again: 44 rows, each once.",
      },
      {
        tick: 1497,
        text: "This time the task fails before it has answered: checkpoint 4 fails, and with it the transaction that was handed over. 25 rows were written for nothing.",
      },
      {
        tick: 2108,
        text: "They were read and written again. All rows that were ever written: 96; committed: 71, none of them twice.",
      },
    ],
  },
  rescale: {
    source: rescale,
    watch: [
      {
        tick: 1000,
        text: "Twelve users, two subtasks: keep one in the inspector and read its key groups. Now press Stop with savepoint in the tab Checkpoints, and run on.",
      },
      {
        tick: 1100,
        text: "The job has stopped, and the savepoint is there. Write 3 for the parallelism, and press Start the job in the editor from it: three subtasks, and not one click is counted anew.",
      },
    ],
  },
  "stop-and-start": {
    source: stopAndStart,
    watch: [
      {
        tick: 1000,
        text: "Five hundred bookings were read, and nothing is committed: no checkpoint was taken yet. Press Stop with savepoint in the tab Checkpoints, and run on.",
      },
      {
        tick: 1100,
        text: "With the savepoint all was committed. Change the job, for example take out the filter, and press Start the job in the editor from it: the table knows that transaction as committed, and the job reads on where it stopped and goes on with its balance.",
      },
    ],
  },
  incremental: {
    source: incremental,
    watch: [
      { tick: 450, text: "Checkpoint 1 wrote what was in the write buffer, sorted, into one file: 14 KiB." },
      {
        tick: 1250,
        text: "Checkpoint 3 stands for 51 KiB in three files, and wrote 19 KiB: the other two are those of 1 and 2. See the tab Checkpoints, Files.",
      },
      {
        tick: 1650,
        text: "Three are kept: checkpoint 1 made place for 4. Its file stays, since all three need it.",
      },
      {
        tick: 2050,
        text: "Five sorted runs were merged into three files. To whoever keeps snapshots they are new: checkpoint 5 wrote all 88 KiB.",
      },
      {
        tick: 2850,
        text: "Checkpoint 4 was the last one with files from before the merge. Nobody needs those any more, and they are deleted.",
      },
    ],
  },
  "slow-operator": {
    source: slowOperator,
    watch: [
      { tick: 450, text: "All three tasks keep up: a record a millisecond, short queues." },
      {
        tick: 800,
        text: "slow takes 5 ms a record since tick 500. Its queues are full, and label waits before its next record.",
      },
      {
        tick: 1000,
        text: "The queues behind label are full too: the back-pressure has walked up to the source.",
      },
      {
        tick: 2900,
        text: "Everything goes at the pace of slow: the others are back-pressured for four fifths of their time.",
      },
      {
        tick: 3040,
        text: "slow is fast again since tick 3000. It empties its queues, gives credit back, and label writes on.",
      },
      { tick: 3300, text: "Nobody waits any more; the second of memory fades." },
    ],
  },
  skew: {
    source: skew,
    watch: [
      { tick: 100, text: "Eight of ten words are the same one, and one key is one subtask's." },
      {
        tick: 500,
        text: "That subtask of count is busy all the time, the three others hardly ever, and every source waits.",
      },
      {
        tick: 3000,
        text: "A subpartition may hold 10 buffers. The full one stops its task, even though the other queues are empty.",
      },
    ],
  },
  "one-connection": {
    source: oneConnection,
    watch: [
      {
        tick: 60,
        text: "Two channels lead from each TaskManager to the other, over one connection. Under Messages, each channel counts its own buffers, and gives its own credit.",
      },
      {
        tick: 600,
        text: "slow reads a record in 10 ms: its channels have no credit left, and its sources wait. fast shares the connection and loses nothing.",
      },
      {
        tick: 1500,
        text: "Without credit for each channel, the buffers for slow would lie in the connection and block those for fast behind them.",
      },
    ],
  },
  "large-record": {
    source: largeRecord,
    watch: [
      {
        tick: 24,
        text: "A text of 1,000 letters spans five buffers: zoom in on one, or open it, to see the length prefix, the rest of one record and the beginning of the next.",
      },
      {
        tick: 100,
        text: "A task waits before a record while its pool is used up, but a record that was begun may go on: up to 20 segments of overdraft.",
      },
      {
        tick: 300,
        text: "The text of 12,000 letters needs 47 segments: with the pool and the overdraft used up, the task stands still with the record in hand. That is hard back-pressure; nothing else runs in its thread.",
      },
    ],
  },
  "buffer-timeout": {
    source: bufferTimeout,
    watch: [
      {
        tick: 60,
        text: "With a timeout of 0, each record crosses the wire in a message of its own: 44 bytes around some 20.",
      },
      {
        tick: 130,
        text: "With 100 ms, the first records arrive, all in one message, as late as that.",
      },
      { tick: 300, text: "Without a timeout, nothing has come: the first buffer is not full yet." },
      {
        tick: 1000,
        text: "Compare the messages of the channels: some 280, some 10, and 1, for nearly the same records.",
      },
    ],
  },
  batch: {
    source: batch,
    watch: [
      {
        tick: 200,
        text: "words writes a file for each subpartition (keep a TaskManager to see its disk); count is not even deployed.",
      },
      {
        tick: 500,
        text: "The results are written to their end, and the slots are count's now: it reads the files.",
      },
      {
        tick: 900,
        text: "count adds what it reads to a sort buffer in managed memory; whenever it is full, a sorted run goes to the disk.",
      },
      {
        tick: 1600,
        text: "The runs are merged: the records of a key come one after the other, and each word gets one result, at its end.",
      },
    ],
  },
};

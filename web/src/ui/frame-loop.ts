/**
 * The page's one `requestAnimationFrame` loop, shared by all elements on it.
 *
 * Members ask for a frame when they have something to show; nobody asks, nothing runs. In a frame first
 * all members read (sizes), then all write (advance, decode, paint), so that no layout is forced twice.
 * The browser holds frames back while the tab is hidden; a member off the screen does not ask.
 */

export interface FrameMember {
  /** Reads from the document; must not change it. */
  read(): void;
  /** Changes what is shown. `now` is the frame's time in milliseconds. */
  write(now: number): void;
}

class FrameLoop {
  private readonly asked = new Set<FrameMember>();
  private queued = false;

  /** Asks for one frame; asking again before it came changes nothing. */
  request(member: FrameMember): void {
    this.asked.add(member);
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame((now) => this.run(now));
  }

  /** Takes back what was asked. */
  forget(member: FrameMember): void {
    this.asked.delete(member);
  }

  private run(now: number): void {
    this.queued = false;
    const members = [...this.asked];
    this.asked.clear();
    for (const member of members) member.read();
    for (const member of members) member.write(now);
  }
}

export const frameLoop = new FrameLoop();

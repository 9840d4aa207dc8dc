/**
 * What befalls the whole process: standing still, and outages. Called by the target when the behaviour
 * changes; the listener hears of outages through `onOutage`. Invariant: at most one timer of each kind
 * runs, and none of a behaviour that is no longer in force.
 */
import { monotonicUs } from "../../shared/time/clock.ts";
import type { Behaviour } from "../behaviour-schema.ts";
import type { Peers } from "../connection/peers.ts";
import type { Stats } from "../stats.ts";
import { type Ending, finish } from "./closing.ts";
import { PauseSchedule, standStill } from "./pause.ts";

export class Disturbance {
  /** Told true when an outage starts and false when it is over. */
  onOutage: (down: boolean) => void = () => {};
  private readonly stats: Stats;
  private readonly peers: Peers;
  private blockTimer: NodeJS.Timeout | undefined;
  private outageTimer: NodeJS.Timeout | undefined;
  /** Until an outage under way is over. */
  private upTimer: NodeJS.Timeout | undefined;
  private down = false;

  constructor(context: { readonly stats: Stats; readonly peers: Peers }) {
    this.stats = context.stats;
    this.peers = context.peers;
  }

  use(behaviour: Behaviour, sinceUs: number): void {
    this.stop();
    const { pause, outage } = behaviour;
    if (pause?.mode === "block") {
      const schedule = new PauseSchedule(pause, sinceUs);
      this.armBlock(schedule, sinceUs);
    }
    if (outage !== undefined) {
      const waitMs = Math.max(0, outage.afterMs - (monotonicUs() - sinceUs) / 1000);
      this.outageTimer = setTimeout(() => this.fail(outage), waitMs);
    }
  }

  /** Ends an outage under way, and all that was to come. */
  stop(): void {
    clearTimeout(this.blockTimer);
    clearTimeout(this.outageTimer);
    clearTimeout(this.upTimer);
    this.setDown(false);
  }

  private armBlock(schedule: PauseSchedule, fromUs: number): void {
    const startUs = schedule.nextStartUs(fromUs);
    this.blockTimer = setTimeout(
      () => {
        const nowUs = monotonicUs();
        // The end is fixed by the schedule, so every process of a group goes on at the same time.
        const leftMs = schedule.leftUs(startUs, nowUs) / 1000;
        if (leftMs > 0) {
          this.stats.behaviours.blocked += 1;
          standStill(leftMs);
        }
        this.armBlock(schedule, Math.max(startUs + 1, nowUs));
      },
      Math.max(0, (startUs - monotonicUs()) / 1000),
    );
  }

  /** Every connection is lost, and none is accepted for so long. */
  fail(outage: Ending & { readonly forMs: number }): void {
    this.stats.behaviours.outages += 1;
    clearTimeout(this.upTimer);
    this.setDown(true);
    for (const peer of [...this.peers.list]) finish(peer, outage);
    this.upTimer = setTimeout(() => this.setDown(false), outage.forMs);
  }

  private setDown(down: boolean): void {
    if (this.down === down) return;
    this.down = down;
    this.onOutage(down);
  }
}

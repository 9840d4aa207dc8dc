/**
 * The way between a simulated process and the broker: every call of a bus takes time, may be lost on its way, may have
 * its answer lost, may be carried out twice (as clients do that send again), and hangs while the way is cut. Hints
 * get lost. Wraps one side of a MemoryBus. Invariant: a dead process neither calls nor hears anything.
 */
import type { Bus } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { SimRandom } from "./sim-random.ts";
import type { SimProcess, SimTime } from "./sim-time.ts";

/** How bad the network is. */
export interface Weather {
  /** Mean one-way delay. */
  readonly delayMs: number;
  readonly lossShare: number;
  readonly lostAnswerShare: number;
  readonly repeatShare: number;
  readonly lostHintShare: number;
}

/** A client gives up on a call after this long. */
const DEADLINE_MS = 2000;
/** Calls whose waiting is the point, and the argument that says how long. */
const WAITING: Readonly<Record<string, number>> = { takeTicket: 1 };
/** Called straight through: they have no answer to lose. */
const LOCAL = new Set(["onHint", "close", "kind"]);

export class SimLink {
  /** Calls fail while virtual time is before it. */
  cutUntilUs = 0;
  readonly #time: SimTime;
  readonly #process: SimProcess;
  readonly #random: SimRandom;
  readonly #weather: Weather;

  constructor(time: SimTime, process: SimProcess, random: SimRandom, weather: Weather) {
    this.#time = time;
    this.#process = process;
    this.#random = random;
    this.#weather = weather;
  }

  /** @returns the side as the process sees it */
  wrap(side: Bus): Bus {
    return new Proxy(side, {
      get: (bus, name: string) => {
        const member = Reflect.get(bus, name, bus) as unknown;
        if (typeof member !== "function") return member;
        if (name === "onHint") {
          return (topic: never, listener: (payload: string) => void) =>
            bus.onHint(topic, (payload) => this.#hint(() => listener(payload)));
        }
        if (LOCAL.has(name)) return member.bind(bus);
        return (...args: unknown[]) =>
          this.#call(() => member.apply(bus, args) as Promise<unknown>, waitOf(name, args));
      },
    });
  }

  #hint(deliver: () => void): void {
    if (this.#isCut() || this.#random.chance(this.#weather.lostHintShare)) return;
    this.#time.schedule(this.#process, this.#delayMs(), deliver);
  }

  #call(perform: () => Promise<unknown>, waitMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { lossShare, lostAnswerShare, repeatShare } = this.#weather;
      const fail = () => reject(unreachable());
      // The answer, or that there is none, reaches the process when it runs and only if it lives.
      const expire = this.#time.schedule(this.#process, DEADLINE_MS + waitMs, fail);
      if (this.#isCut() || this.#random.chance(lossShare)) return;
      const repeated = this.#random.chance(repeatShare);
      this.#time.after(this.#delayMs(), () => {
        if (this.#process.dead) return;
        if (repeated) this.#time.after(this.#delayMs(), () => void perform().catch(() => {}));
        const answer = (settle: () => void) => {
          if (this.#isCut() || this.#random.chance(lostAnswerShare)) return;
          this.#time.schedule(this.#process, this.#delayMs(), () => {
            expire();
            settle();
          });
        };
        perform().then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error as Error)),
        );
      });
    });
  }

  #isCut(): boolean {
    return this.cutUntilUs > this.#time.nowUs;
  }

  #delayMs(): number {
    return this.#weather.delayMs * (0.2 - Math.log(1 - this.#random.unit()));
  }
}

function waitOf(name: string, args: readonly unknown[]): number {
  const at = WAITING[name];
  return at === undefined ? 0 : Number(args[at] ?? 0);
}

function unreachable(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_BUS_UNREACHABLE",
    message: "the bus did not answer in time",
  });
}

/**
 * When messages are intended, and of which kind. Called by engines for every message, so nothing here
 * allocates after construction.
 * Invariant: a pure function of (scenario, seed, connection), so it does not matter who holds a connection.
 * The rate follows the phases' message factors by operational time; a phase of factor 0 has no slots.
 */
import type { StrictScenario } from "../scenario/strict.ts";
import { drawExponential, drawUnit, Stream } from "../time/random.ts";
import { OperationalTime } from "./operational-time.ts";
import type { Profile } from "./profile.ts";

/**
 * Slots of single connections, for rates per connection. In each session the first slot comes after a random
 * part of a gap (so connections that opened together do not send together), the others one gap after
 * another: gaps of 1/rate when uniform, exponential ones when Poisson. With a total rate, or nothing to
 * send, it has no slots (see TotalSchedule).
 */
export class MessageSchedule {
  readonly #seed: number;
  readonly #poisson: boolean;
  readonly #time: OperationalTime;

  constructor(scenario: Pick<StrictScenario, "seed" | "messages">, profile: Profile) {
    const { seed, messages } = scenario;
    this.#seed = seed;
    this.#poisson = messages?.arrival === "poisson";
    const perSec = messages?.rate.kind === "perConnection" ? messages.rate.perSec : 0;
    this.#time = new OperationalTime(profile.phases, perSec);
  }

  /** null when connections are not paced one by one. */
  static for(
    scenario: Pick<StrictScenario, "seed" | "messages">,
    profile: Profile,
  ): MessageSchedule | null {
    const isOfEach = scenario.messages?.rate.kind === "perConnection";
    return isOfEach ? new MessageSchedule(scenario, profile) : null;
  }

  /**
   * Intended time of the first slot of `connection`'s session number `session` (from 0) that opened at
   * `openUs`; Infinity when there is none. Slots at or after the session's close are not to be used.
   */
  firstSlot(connection: number, session: number, openUs: number): number {
    const offset = this.#poisson
      ? drawExponential(this.#seed, Stream.messageOffset, connection, session)
      : drawUnit(this.#seed, Stream.messageOffset, connection, session);
    return this.#time.advance(openUs, offset);
  }

  /**
   * The slot after the one at `previousUs`. `counter` is the number of that previous slot over all sessions of
   * the connection, from 0; Infinity when there are no more.
   */
  nextSlot(connection: number, counter: number, previousUs: number): number {
    const gap = this.#poisson
      ? drawExponential(this.#seed, Stream.messageGap, connection, counter)
      : 1;
    return this.#time.advance(previousUs, gap);
  }
}

/**
 * Which entry of the mix message number `counter` of a connection is. `cumulativeWeights` are the running sums
 * of the weights; entries of weight 0 are never chosen.
 */
export function messageIndexFor(
  seed: number,
  connection: number,
  counter: number,
  cumulativeWeights: ArrayLike<number>,
): number {
  const last = cumulativeWeights.length - 1;
  const drawn = drawUnit(seed, Stream.messageKind, connection, counter);
  const point = drawn * (cumulativeWeights[last] ?? 0);
  let index = 0;
  while (index < last && (cumulativeWeights[index] ?? 0) <= point) index++;
  return index;
}

/** Which of `sizes` payload sizes message number `counter` of a connection has; all are equally likely. */
export function sizeIndexFor(
  seed: number,
  connection: number,
  counter: number,
  sizes: number,
): number {
  return Math.floor(drawUnit(seed, Stream.payloadSize, connection, counter) * sizes);
}

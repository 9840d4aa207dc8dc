/**
 * Delay distributions. Called by the replies, the upgrade and the close rules. Invariant: the n-th delay
 * depends on the seed and n only; the shares of a mixture are exact in every block of 10..10,000 draws.
 */
import { drawExponential, drawUnit, Stream } from "../../shared/time/random.ts";
import type { Delay } from "./dials.ts";
import { blockSize, type Draws, Shuffle } from "./shuffle.ts";

export interface Sampler {
  /** The next delay in microseconds, never negative. */
  nextUs(): number;
}

/** The sampler of a delay; numbers drawn come from `draws` and, for a mixture, the 100 indexes after it. */
export function samplerOf(delay: Delay, draws: Draws): Sampler {
  return delay.mixture === undefined ? simpleSampler(delay, draws) : mixed(delay.mixture, draws);
}

type Simple = Omit<Delay, "mixture">;

function simpleSampler(delay: Simple, draws: Draws): Sampler {
  const { seed, index } = draws;
  let drawn = 0;
  if (delay.uniformMs !== undefined) {
    const [least, most] = delay.uniformMs;
    return {
      nextUs: () =>
        1000 * (least + (most - least) * drawUnit(seed, Stream.behaviour, index, drawn++)),
    };
  }
  if (delay.exponential !== undefined) {
    const { meanMs, maxMs } = delay.exponential;
    return {
      nextUs: () =>
        1000 * Math.min(maxMs, meanMs * drawExponential(seed, Stream.behaviour, index, drawn++)),
    };
  }
  if (delay.lognormal !== undefined) {
    const { medianMs, sigma, maxMs } = delay.lognormal;
    return {
      nextUs: () => {
        const normal = drawNormal(draws, drawn++);
        return 1000 * Math.min(maxMs, medianMs * Math.exp(sigma * normal));
      },
    };
  }
  const fixedUs = 1000 * (delay.fixedMs ?? 0);
  return { nextUs: () => fixedUs };
}

/** A standard normal number (Box and Muller 1958), from draws 2n and 2n + 1. */
function drawNormal(draws: Draws, n: number): number {
  const radius = Math.sqrt(2 * drawExponential(draws.seed, Stream.behaviour, draws.index, 2 * n));
  const angle = 2 * Math.PI * drawUnit(draws.seed, Stream.behaviour, draws.index, 2 * n + 1);
  return radius * Math.cos(angle);
}

function mixed(parts: NonNullable<Delay["mixture"]>, draws: Draws): Sampler {
  const size = blockSize(parts.map((part) => part.share));
  const shuffle = new Shuffle(size, draws);
  const samplers = parts.map((part, place) =>
    simpleSampler(part.delay, { seed: draws.seed, index: draws.index + 1 + place }),
  );
  const byRank: Sampler[] = [];
  for (const [place, part] of parts.entries()) {
    const sampler = samplers[place];
    if (sampler === undefined) continue;
    for (let rank = 0; rank < Math.round(part.share * size); rank += 1) byRank.push(sampler);
  }
  return { nextUs: () => byRank[shuffle.next()]?.nextUs() ?? 0 };
}

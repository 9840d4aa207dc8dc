/**
 * `kind: latency`: bytes are on their way for longer. Listed in registry.ts. Invariant: a delay is never negative, and at most
 * MAX_DELAY_US.
 */
import * as z from "zod";
import { endsOf, highest, valueAt } from "../../fault-ramp.ts";
import { about, byDefault, duration, fault, moment, strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import type { Draw } from "./link-condition.ts";
import { direction, MAX_DELAY_US } from "./network.ts";
import { ramped, writtenRamp } from "./ramped.ts";

type Distribution = "uniform" | "normal" | "exponential";

export const latency = faultKind({
  kind: "latency",
  stage: "network",
  doc: "What connections receive, or send, arrives later by `delay`, more or less by `jitter`: one way, so a reply is late by it once, with `direction: both` twice. Nothing overtakes on a connection, as with TCP: what comes behind late bytes waits for them.",
  example: {
    ...{ at: "steady+10s", for: "20s", kind: "latency", who: "20%" },
    ...{ delay: "150ms", jitter: "50ms" },
  },
  shape: () =>
    strict({
      ...base("latency", "Delays what connections receive or send."),
      delay: about(
        ramped(duration, ["0ms", "200ms"], moment),
        "One way; at most a minute.",
        "150ms",
      ),
      jitter: byDefault(ramped(moment, ["0ms", "50ms"]), "0ms", "How much delays differ.", "50ms"),
      distribution: byDefault(
        z.enum(["uniform", "normal", "exponential"]),
        "uniform",
        "uniform: delay - jitter to delay + jitter. normal: about delay, jitter is the standard deviation. exponential: delay at least, and jitter more on average.",
        "normal",
      ),
      direction: direction("in"),
    }).superRefine(({ delay, jitter, distribution }, context) => {
      const [delays, jitters] = [endsOf(delay), endsOf(jitter)];
      if (Math.max(highest(delay), highest(jitter)) > MAX_DELAY_US) {
        const path = [highest(delay) > MAX_DELAY_US ? "delay" : "jitter"];
        fault(context, ["longer than a minute", "a blackhole holds everything back"], { path });
      } else if (
        distribution === "uniform" &&
        (jitters.from > delays.from || jitters.to > delays.to)
      ) {
        fault(context, ["jitter is more than delay", "a delay cannot be negative"], {
          path: ["jitter"],
        });
      }
    }),
  lasts: () => "must",
  strict: ({ delay, jitter, distribution, direction: way }) => ({
    kind: "latency",
    delayUs: delay,
    jitterUs: jitter,
    distribution,
    direction: way,
  }),
  written: ({ delayUs, jitterUs, distribution, direction: way }) => ({
    ...{
      delay: writtenRamp(delayUs, formatDuration),
      jitter: writtenRamp(jitterUs, formatDuration),
    },
    ...{ distribution, direction: way },
  }),
  action: {
    reach: "lasting",
    begin(victim, { delayUs, jitterUs, distribution, direction: way }) {
      const { window } = victim;
      victim.link({
        direction: way,
        delayUs: (draw, atUs) => {
          const off = valueAt(jitterUs, window, atUs) * deviation(distribution, draw);
          const delay = valueAt(delayUs, window, atUs) + off;
          return Math.min(MAX_DELAY_US, Math.max(0, delay));
        },
      });
    },
    end: (victim) => victim.unlink(),
  },
});

/** In units of the jitter. */
function deviation(distribution: Distribution, draw: Draw): number {
  switch (distribution) {
    case "uniform":
      return 2 * draw() - 1;
    case "exponential":
      return -Math.log(1 - draw());
    case "normal":
      // Box and Muller (1958); 1 - draw() is never 0.
      return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  }
}

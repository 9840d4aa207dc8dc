/**
 * What a strict scenario says where its author said nothing about conversations. Used for journals of versions that had no
 * such parts (merge/facts.ts), and wherever a scenario is made in code.
 */
import type { StrictAvailability, StrictMessage, StrictScenario } from "./strict.ts";

/** A reply that is one message. */
export const ONE_REPLY = { replies: 1, fail: null, capture: [] } as const;

const NO_ISOLATION = { owner: null, canary: false } as const;
export const NO_AUDIT = { stamp: false, order: null, isolation: NO_ISOLATION } as const;

/** Of a message. */
export const NO_SEQUENCE: Pick<StrictMessage, "sequence"> = { sequence: null };

/** Sections that are left out. */
export const NO_CONVERSATION = {
  captures: [],
  incoming: { parse: "json", split: "none", fail: [] },
  flow: null,
  listen: [],
  answers: [],
  roles: [],
  hooks: null,
  faults: [],
  outside: [],
} as const satisfies Partial<StrictScenario>;

/** The scenario of a journal, whatever version wrote it, as this version has it. */
export function completed(written: StrictScenario): StrictScenario {
  const { integrity, messages } = written;
  return {
    ...NO_CONVERSATION,
    ...written,
    integrity: { ...NO_AUDIT, ...integrity },
    faults: (written.faults ?? []).map((fault) => ({ ...fault, endedUs: fault.endedUs ?? null })),
    messages: messages && {
      ...messages,
      mix: messages.mix.map((message) => ({
        ...NO_SEQUENCE,
        ...message,
        reply: message.reply.match === "none" ? message.reply : { ...ONE_REPLY, ...message.reply },
      })),
    },
  } as StrictScenario;
}

/** What an outage is, and the error budget, where nothing says so. */
const AVAILABILITY: StrictAvailability = {
  ...{ objective: 0.999, below: 0.99, lastsUs: 3_000_000, mergeUs: 5_000_000 },
};

export function availabilityIn({
  availability = AVAILABILITY,
}: StrictScenario): StrictAvailability {
  return availability;
}

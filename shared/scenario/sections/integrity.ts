/** `integrity`: the audit of delivery. Listed in registry.ts. Invariant: a stamp has a message that can carry it. */
import * as z from "zod";
import { about, byDefault, strict } from "../shape/fields.ts";
import { section } from "./section.ts";

/** Bytes a stamp takes of a binary payload. */
const STAMP_BYTES = 16;

export const integrity = section({
  key: "integrity",
  shape: () =>
    about(
      strict({
        stamp: byDefault(
          z.boolean(),
          false,
          "Stamp echoed binary messages to find loss, duplicates, reordering and corruption.",
          true,
        ),
      }).prefault({}),
      "Audit of the delivery of messages.",
      { stamp: true },
    ),
  strict: ({ stamp }) => {
    return { integrity: { stamp, order: null, isolation: { owner: null, canary: false } } };
  },
  check: ({ scope: { integrity: known, messages }, log }) => {
    if (!known.stamp || !log.isSound(["integrity"]) || !log.isSound(["messages"])) return;
    const carries = messages?.mix.some(
      ({ send, reply }) =>
        send.kind === "binary" &&
        reply.match === "echo" &&
        send.sizes.some((bytes) => bytes >= STAMP_BYTES),
    );
    if (carries === true) return;
    const hint = `add a binary message of at least ${STAMP_BYTES} bytes with match: echo`;
    log.add(["integrity", "stamp"], "no message can carry the stamp", hint);
  },
  written: (scenario) => ({ stamp: scenario.integrity.stamp }),
});

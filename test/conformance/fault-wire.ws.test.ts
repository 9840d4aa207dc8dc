/** Goal: every kind of fault is on the wire what it says, with the ws driver. Method: fault-wire-suite.ts. */
import { ALL_CELLS, faultWireSuite } from "./fault-wire-suite.ts";

// Usually those that differ most from what fault-wire.lean.test.ts has first.
const isAll = process.env["ONRUSH_TEST_ALL"] === "1";
faultWireSuite(
  "ws",
  isAll
    ? ALL_CELLS
    : [
        ["ws", "ws"],
        ["target", "wss"],
      ],
);

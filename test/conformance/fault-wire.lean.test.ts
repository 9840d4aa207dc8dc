/** Goal: every kind of fault is on the wire what it says, with the lean driver. Method: fault-wire-suite.ts. */
import { ALL_CELLS, faultWireSuite } from "./fault-wire-suite.ts";

faultWireSuite("lean", ALL_CELLS);

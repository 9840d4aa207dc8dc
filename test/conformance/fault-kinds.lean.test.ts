/** Goal: every kind of fault keeps the promises of all, with the lean driver. Method: fault-kinds-suite.ts. */
import { faultKindsSuite } from "./fault-kinds-suite.ts";

faultKindsSuite("lean");

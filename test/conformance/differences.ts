/**
 * Where the two drivers may differ: per case and driver what that driver shows instead of the expected, and
 * why. The suite fails when an entry is stale, that is when the driver shows the expected after all.
 */
import type { Driver } from "../../worker/socket/driver.ts";
import { Fault, failedWith } from "./driver-case.ts";

export interface Difference {
  readonly driver: Driver["name"];
  readonly case: string;
  readonly reason: string;
  readonly sees?: readonly string[];
  readonly wire?: readonly string[];
}

const tooBig = failedWith(Fault.messageTooBig);

export const differences: readonly Difference[] = [
  {
    driver: "ws",
    case: "framing: announced length 2^63",
    reason:
      "ws has one answer, 1009, to every length past 2^53; by RFC 6455 §5.2 this one is malformed",
    sees: ["open", tooBig.sees],
    wire: [tooBig.wire],
  },
  {
    driver: "ws",
    case: "framing: announced length 2^64 - 1 in a continuation",
    reason: "as above",
    sees: ["open", tooBig.sees],
    wire: [tooBig.wire],
  },
];

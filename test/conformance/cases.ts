/**
 * All cases of the driver suite. The families are those of the Autobahn test suite (framing, pings and
 * pongs, reserved bits, opcodes, fragmentation, UTF-8, close, limits), written from RFC 6455, and the opening
 * handshake.
 */
import type { DriverCase } from "./driver-case.ts";
import { closeCases } from "./driver-cases/close-cases.ts";
import { controlCases } from "./driver-cases/control-cases.ts";
import { fragmentationCases } from "./driver-cases/fragmentation-cases.ts";
import { framingCases } from "./driver-cases/framing-cases.ts";
import { handshakeCases } from "./driver-cases/handshake-cases.ts";
import { limitCases } from "./driver-cases/limit-cases.ts";
import { utf8Cases } from "./driver-cases/utf8-cases.ts";

export const driverCases: readonly DriverCase[] = [
  ...framingCases,
  ...controlCases,
  ...fragmentationCases,
  ...utf8Cases,
  ...closeCases,
  ...limitCases,
  ...handshakeCases,
];

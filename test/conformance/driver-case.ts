/**
 * A case of the driver suite as data: what the server does, what the owner does, what both must see.
 * And the few endings that nearly all cases share.
 */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Endpoint } from "../../worker/socket/driver.ts";
import { Fault, type ProtocolFault } from "../../worker/socket/protocol-fault.ts";
import type { ClientScript } from "./driver-trace.ts";
import type { Script } from "./hostile-server.ts";
import { close, show } from "./server-frame.ts";

export { Fault };

export interface DriverCase {
  /** Unique; a family, a number or word, and what is special. */
  readonly name: string;
  readonly server: Script;
  readonly client?: ClientScript;
  readonly endpoint?: Partial<Endpoint>;
  /** The owner's lines, without the leading `stage tcp`. */
  readonly sees: readonly string[];
  /** The server's lines. */
  readonly wire: readonly string[];
}

/** The usual ending: after `frames` the server closes with 1000 in good order. */
export function thenClosed(frames: readonly Buffer[]): Script {
  return { frames: [...frames, close(1000)] };
}

export const CLOSED_BY_SERVER = ["closing", 'closed 1000 "" clean by server'] as const;
export const CLOSE_ANSWER = 'close 1000 ""';

/** The owner's last line and the server's when the driver failed the connection. */
export function failedWith(fault: ProtocolFault): { sees: string; wire: string } {
  return {
    sees: `closed 1006 "" not clean by none violation ${fault.code} ${fault.what}`,
    wire: `close ${fault.code} ""`,
  };
}

/** A case in which the server breaks the protocol after some valid messages. */
export function violation(
  name: string,
  frames: readonly Buffer[],
  fault: ProtocolFault,
  before: readonly string[] = [],
): DriverCase {
  const { sees, wire } = failedWith(fault);
  return { name, server: { frames }, sees: ["open", ...before, sees], wire: [wire] };
}

/** A case in which every message is delivered and the server then closes. */
export function delivered(
  name: string,
  frames: readonly Buffer[],
  lines: readonly string[],
  more: Partial<Script> = {},
): DriverCase {
  return {
    name,
    server: { ...thenClosed(frames), ...more },
    sees: ["open", ...lines, ...CLOSED_BY_SERVER],
    wire: [CLOSE_ANSWER],
  };
}

/** A case in which the attempt fails. */
export function refused(
  name: string,
  server: Script,
  kind: ConnectFailure,
  signature: string,
): DriverCase {
  return { name, server, sees: [`fail ${kind}: ${signature}`], wire: [] };
}

export function textLine(content: string | Buffer): string {
  return `text ${show(Buffer.from(content))}`;
}

export function binaryLine(payload: Buffer): string {
  return `binary ${show(payload)}`;
}

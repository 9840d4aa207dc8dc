/**
 * The answer to an upgrade request: whether it lets us in, and if not, why. Both drivers feed it what arrives, so an
 * answer means the same whichever driver got it. Made for each attempt, dropped when the connection is open.
 */
import { hash } from "node:crypto";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import { HANG_UP } from "./failure-map.ts";
import { FAULTY, INCOMPLETE, ResponseHead } from "./response-head.ts";
import { hasUpgradeToken, statusSignature, UpgradeFault } from "./upgrade.ts";

/** RFC 6455 §1.3. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Returned by take: more has to come. */
export const PENDING = -1;
/** Returned by take: we are not let in; see `refusal`. */
export const REFUSED = -2;

/** Why an upgrade failed. */
export interface Refusal {
  readonly kind: ConnectFailure;
  readonly signature: string;
  /** What else the answer said, raw: where a redirect leads, or when to ask again. */
  readonly detail: string;
}

/** The peer ended the connection in good order, but before it answered. */
export const HUNG_UP: Refusal = { kind: "upgrade-reset", signature: HANG_UP, detail: "" };

/** What was asked for; an answer must fit it. */
export interface Asked {
  readonly subprotocols: readonly string[];
  /** The driver negotiates extensions itself. */
  readonly compression: boolean;
  readonly onAnswerLine?: (line: string) => void;
}

/** The Sec-WebSocket-Accept that answers `key`. */
export function acceptOf(key: string): string {
  return hash("sha1", key + ACCEPT_GUID, "base64");
}

export class UpgradeAnswer {
  readonly head: ResponseHead;
  refusal: Refusal = HUNG_UP;
  private readonly key: string;
  private readonly asked: Asked;

  constructor(key: string, asked: Asked) {
    this.key = key;
    this.asked = asked;
    this.head = new ResponseHead(asked.onAnswerLine ?? null);
  }

  /** Takes bytes [start, end); returns the offset after an answer that lets us in, PENDING or REFUSED. */
  take(chunk: Buffer, start: number, end: number): number {
    const { head } = this;
    const rest = head.feed(chunk, start, end);
    if (rest === INCOMPLETE) return PENDING;
    if (rest !== FAULTY && head.refuses) return this.refuse(this.statusRefusal());
    const fault = rest === FAULTY ? head.fault : this.upgradeFault();
    if (fault === "") return rest;
    return this.refuse({ kind: "upgrade-invalid", signature: fault, detail: "" });
  }

  /** For a connection that ended before the answer did: the status that was given already, or null. */
  cut(): Refusal | null {
    return this.head.refuses ? this.statusRefusal() : null;
  }

  private refuse(refusal: Refusal): typeof REFUSED {
    this.refusal = refusal;
    return REFUSED;
  }

  private statusRefusal(): Refusal {
    const { status, reason, location, retryAfter, date } = this.head;
    // Redirects are not followed.
    const leads = location !== null && isRedirect(status) ? `Location: ${location}` : "";
    const again = retryAfterText(retryAfter, date);
    return {
      kind: "upgrade-status",
      signature: statusSignature(status, reason),
      detail: leads || again,
    };
  }

  /**
   * What is wrong with the 101 response in `head`, or "" (RFC 6455 §4.1). A server that ignores the
   * subprotocols we asked for fails the attempt, as in the ws package.
   */
  private upgradeFault(): UpgradeFault | "" {
    const { upgrade, connection, accept, protocol, extensions } = this.head;
    const { subprotocols, compression } = this.asked;
    if (upgrade?.toLowerCase() !== "websocket") return UpgradeFault.upgrade;
    if (!hasUpgradeToken(connection)) return UpgradeFault.connection;
    if (accept !== acceptOf(this.key)) return UpgradeFault.accept;
    if (protocol === null) {
      if (subprotocols.length > 0) return UpgradeFault.protocolMissing;
    } else if (subprotocols.length === 0) {
      return UpgradeFault.protocolUnasked;
    } else if (!subprotocols.includes(protocol)) {
      return UpgradeFault.protocolWrong;
    }
    return extensions === null || compression ? "" : UpgradeFault.extensionUnasked;
  }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Retry-After as a text with its seconds: they are there, or a date, which counts from the answer's own. "" for none. */
function retryAfterText(value: string | null, date: string | null): string {
  if (value === null) return "";
  if (/^\d{1,9}$/.test(value)) return `Retry-After: ${value}`;
  const ms = Date.parse(value) - Date.parse(date ?? "");
  return ms >= 0 ? `Retry-After: ${Math.ceil(ms / 1000)}` : "";
}

/**
 * Parser of the response head to an upgrade request (RFC 9112), bounded. upgrade-answer.ts feeds it what arrived,
 * cut anywhere; it stops exactly after the head, so frames behind it are not lost. Informational responses (100,
 * 102, 103 …) are skipped; 101 is not one of those.
 * A 101 is held to the grammar to the letter. Any other answer refuses us, and what matters of it is its status:
 * that is kept whatever version, spacing, letter case, line ends or header lines the answer has.
 * Invariant: at most 16 KiB are read in all, and nothing is kept but the fields an upgrade needs.
 */
import { saysServer } from "./served-by.ts";
import { UpgradeFault } from "./upgrade.ts";

export const MAX_HEAD_BYTES = 16 * 1024;

/** Returned by feed: the head is not complete yet. */
export const INCOMPLETE = -1;
/** Returned by feed: this is no valid response; see `fault`. */
export const FAULTY = -2;

const SWITCHING = 101;
const FIRST_FINAL = 200;
const LINE_FEED = 10;
const NAME_START = "http/";
const STATUS_LINE = /^HTTP\/(\d(?:\.\d)?)[\t ]+([1-9]\d\d)(?:[\t ]+(.*?))?[\t ]*\r?\n$/is;
const EXACT_STATUS_LINE = /^HTTP\/1\.1 [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*\r\n$/;
/** What nearly every service answers. */
const USUAL_STATUS_LINE = "HTTP/1.1 101 Switching Protocols\r\n";
/** What matters of an answer that refuses us, the first of each. */
const REFUSAL_LINE = /^(location|retry-after|date)[\t ]*:[\t ]*(.*?)[\t ]*\r?\n$/is;

export class ResponseHead {
  status = 0;
  reason = "";
  fault: UpgradeFault = UpgradeFault.malformed;
  /** Header values as they came; a header that came twice is joined by ", ", one that did not is null. */
  upgrade: string | null = null;
  connection: string | null = null;
  accept: string | null = null;
  protocol: string | null = null;
  extensions: string | null = null;
  /** The first that names the server behind a balancer. */
  server: string | null = null;
  /** Where a refusing answer points to: its first Location. */
  location: string | null = null;
  /** When it wants to be asked again, and what time it has. */
  retryAfter: string | null = null;
  date: string | null = null;

  private line = "";
  private bytes = 0;
  private readonly onLine: ((line: string) => void) | null;

  constructor(onLine: ((line: string) => void) | null = null) {
    this.onLine = onLine;
  }

  /** The status line of an answer that refuses us has come. */
  get refuses(): boolean {
    return this.status >= FIRST_FINAL;
  }

  /** Takes bytes [start, end); returns the offset after the head, INCOMPLETE or FAULTY. */
  feed(chunk: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const found = chunk.indexOf(LINE_FEED, at);
      const isWhole = found !== -1 && found < end;
      const stop = isWhole ? found + 1 : end;
      this.bytes += stop - at;
      // Of an endless answer that refuses us the status is known.
      if (this.bytes > MAX_HEAD_BYTES) return this.refuses ? end : this.fail(UpgradeFault.tooLong);
      this.line += chunk.toString("latin1", at, stop);
      at = stop;
      if (!isWhole) break;
      const line = this.line;
      this.line = "";
      this.onLine?.(line);
      if (this.isEnd(line)) {
        if (this.status === SWITCHING || this.refuses) return at;
        this.skipInformational();
      } else {
        const fault = this.takeLine(line);
        if (fault !== null) return this.fail(fault);
      }
    }
    return this.startsAsStatusLine() ? INCOMPLETE : this.fail(UpgradeFault.malformed);
  }

  /** The empty line after the headers; without a status line before it, it is just no status line. */
  private isEnd(line: string): boolean {
    if (this.status === 0) return false;
    return line === "\r\n" || (line === "\n" && this.status !== SWITCHING);
  }

  /** Another protocol on this port is known by its first bytes; it may never send a line end. */
  private startsAsStatusLine(): boolean {
    if (this.status !== 0) return true;
    const start = this.line.slice(0, NAME_START.length).toLowerCase();
    return NAME_START.startsWith(start);
  }

  private takeLine(line: string): UpgradeFault | null {
    if (this.status === 0) return this.takeStatusLine(line);
    if (this.refuses) this.takeRefusal(line);
    if (this.status !== SWITCHING) return null;
    const parts = HEADER_LINE.exec(line);
    if (parts === null) return UpgradeFault.malformed;
    this.takeHeader(parts[1] ?? "", parts[2] ?? "");
    return null;
  }

  private takeRefusal(line: string): void {
    const [, name, value = null] = REFUSAL_LINE.exec(line) ?? [];
    switch (name?.toLowerCase()) {
      case "location":
        this.location ??= value;
        break;
      case "retry-after":
        this.retryAfter ??= value;
        break;
      case "date":
        this.date ??= value;
        break;
    }
  }

  private takeStatusLine(line: string): UpgradeFault | null {
    if (line === USUAL_STATUS_LINE) {
      this.status = SWITCHING;
      this.reason = "Switching Protocols";
      return null;
    }
    const parts = STATUS_LINE.exec(line);
    if (parts === null) return UpgradeFault.malformed;
    this.status = Number(parts[2]);
    this.reason = parts[3] ?? "";
    if (this.status !== SWITCHING || EXACT_STATUS_LINE.test(line)) return null;
    // HTTP/1.0 has no upgrade (RFC 9110 §7.8): who speaks it did not switch.
    return parts[1] === "1.1" ? UpgradeFault.malformed : UpgradeFault.version;
  }

  private takeHeader(name: string, value: string): void {
    switch (name.toLowerCase()) {
      case "upgrade":
        this.upgrade = joined(this.upgrade, value);
        break;
      case "connection":
        this.connection = joined(this.connection, value);
        break;
      case "sec-websocket-accept":
        this.accept = joined(this.accept, value);
        break;
      case "sec-websocket-protocol":
        this.protocol = joined(this.protocol, value);
        break;
      case "sec-websocket-extensions":
        this.extensions = joined(this.extensions, value);
        break;
      default:
        if (this.server === null && saysServer(name.toLowerCase())) this.server = value;
    }
  }

  private skipInformational(): void {
    this.status = 0;
    this.reason = "";
  }

  private fail(fault: UpgradeFault): number {
    this.fault = fault;
    return FAULTY;
  }
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before}, ${value}`;
}

/**
 * Parser of the response head to our upgrade request (RFC 9112), strict and bounded. lean-socket.ts feeds
 * it what arrived, cut anywhere; it stops exactly after the head, so frames behind it are not lost.
 * Informational responses (100, 102, 103 …) are skipped; 101 is not one of those.
 * Invariant: at most 16 KiB are read in all, and nothing is kept but the fields an upgrade needs.
 */
import { UpgradeFault } from "../upgrade.ts";

export const MAX_HEAD_BYTES = 16 * 1024;

/** Returned by feed: the head is not complete yet. */
export const INCOMPLETE = -1;
/** Returned by feed: this is no valid response; see `fault`. */
export const FAULTY = -2;

const LINE_FEED = 10;
const STATUS_LINE_START = "HTTP/1.1 ";
const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;

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

  private line = "";
  private bytes = 0;

  /** Takes bytes [start, end); returns the offset after the head, INCOMPLETE or FAULTY. */
  feed(chunk: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const found = chunk.indexOf(LINE_FEED, at);
      const isWhole = found !== -1 && found < end;
      const stop = isWhole ? found + 1 : end;
      this.bytes += stop - at;
      if (this.bytes > MAX_HEAD_BYTES) return this.fail(UpgradeFault.tooLong);
      this.line += chunk.toString("latin1", at, stop);
      at = stop;
      if (!isWhole) break;
      const line = this.line;
      this.line = "";
      if (line === "\r\n") {
        if (this.status === 0) return this.fail(UpgradeFault.malformed);
        if (this.status === 101 || this.status >= 200) return at;
        this.skipInformational();
      } else if (!this.takeLine(line)) {
        return this.fail(UpgradeFault.malformed);
      }
    }
    return this.startsAsStatusLine() ? INCOMPLETE : this.fail(UpgradeFault.malformed);
  }

  /** Another protocol on this port is known by its first bytes; it may never send a line end. */
  private startsAsStatusLine(): boolean {
    if (this.status !== 0) return true;
    const length = Math.min(this.line.length, STATUS_LINE_START.length);
    return this.line.slice(0, length) === STATUS_LINE_START.slice(0, length);
  }

  private takeLine(line: string): boolean {
    if (!line.endsWith("\r\n")) return false;
    const text = line.slice(0, -2);
    if (this.status === 0) {
      const parts = STATUS_LINE.exec(text);
      if (parts === null) return false;
      this.status = Number(parts[1]);
      this.reason = parts[2] ?? "";
      return true;
    }
    const parts = HEADER_LINE.exec(text);
    if (parts === null) return false;
    this.takeHeader(parts[1] ?? "", parts[2] ?? "");
    return true;
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
    }
  }

  private skipInformational(): void {
    this.status = 0;
    this.reason = "";
    this.upgrade = null;
    this.connection = null;
    this.accept = null;
    this.protocol = null;
    this.extensions = null;
  }

  private fail(fault: UpgradeFault): number {
    this.fault = fault;
    return FAULTY;
  }
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before}, ${value}`;
}

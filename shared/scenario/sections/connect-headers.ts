/**
 * The meaning of `connect.headers`. Called by connect.ts and steps/http.ts. Invariant: what the scenario says of the upgrade
 * request can be sent, with every row of the data.
 */
import { checkPlace } from "../check/rows.ts";
import { checkTemplate, type TemplateContext } from "../check/templates.ts";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { quoted } from "../units.ts";

/** Header names that belong to the handshake itself. */
const RESERVED = /^(connection|upgrade|sec-websocket-.*|content-length|transfer-encoding)$/i;

/** What Host may say (RFC 9110 §7.2): a name or an address, and a port. */
const HOST_VALUE = /^(\[[\dA-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(:\d{1,5})?$/;

/** @param at of the mapping */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  at: Path,
  context: TemplateContext,
): [string, string][] {
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const path = [...at, name];
    checkHeaderName(path, seen, context.log);
    seen.add(name.toLowerCase());
    const isHost = /^host$/i.test(name);
    const template = checkTemplate(value, path, context);
    const place = { kind: "text", value, path, ...(isHost ? HOST_PLACE : HEADER_PLACE) } as const;
    if (template !== null) checkPlace(place, template, context);
  }
  return Object.entries(headers);
}

function checkHeaderName(path: Path, seen: ReadonlySet<string>, log: IssueLog): void {
  const name = String(path.at(-1));
  const add = (what: string, hint = "") => log.add(path, what, hint, { part: "key" });
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) add(`not a header name: ${quoted(name)}`);
  else if (RESERVED.test(name)) {
    const hint = /protocol$/i.test(name) ? "use connect.subprotocols" : "leave it out";
    add(`the header ${name} belongs to the handshake`, hint);
  } else if (seen.has(name.toLowerCase())) add(`the header ${name} is written twice`);
}

const HEADER_PLACE = { fault: headerFault, hint: "" };
const HOST_PLACE = {
  fault: (value: string) => headerFault(value) || (HOST_VALUE.test(value) ? "" : "not a host"),
  hint: "a name or an address, such as chat.example:8443",
};

/** RFC 9110 §5.5: visible characters, obs-text, spaces and tabs. */
function headerFault(value: string): string {
  if (/[\r\n]/.test(value)) return "the value holds a line break, which a header cannot carry";
  return /[^\t\x20-\x7e\x80-\xff]/.test(value)
    ? "the value holds characters that a header cannot carry"
    : "";
}

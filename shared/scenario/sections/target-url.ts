/**
 * The URL of a target, or of an HTTP step. Called by target.ts and steps/http.ts. Invariants: its scheme, host and port are plain text, so it is known before
 * the run where connections will go; with every row of the data it is a URL.
 */

import { checkPlace } from "../check/rows.ts";
import { checkTemplate, checkUrlTemplate, SAMPLE } from "../check/templates.ts";
import type { Path } from "../issue.ts";
import { secretIn } from "../read/statics.ts";
import { literal, literalAhead } from "../shape/literal.ts";
import { insideRaw, scanPieces } from "../template/scan.ts";
import { quoted } from "../units.ts";
import type { Scene } from "./section.ts";

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** What a URL is of. */
export type UrlKind = "ws" | "http";

/** How it is spoken of, by its kind. */
const SPEECH = {
  ws: { what: "target", example: "ws://localhost:8080/chat" },
  http: { what: "request", example: "http://localhost:8080/login" },
} as const;

/** The URL with the placeholders before its path resolved, and host:port as a label. */
export function checkUrl(
  text: string,
  path: Path,
  scene: Scene,
  kind: UrlKind = "ws",
): { url: string; label: string } | null {
  if (checkUrlTemplate(text, path, scene) === null) return null;
  const url = resolveAuthority(text, scene);
  const authority = AUTHORITY.exec(url)?.[0] ?? "";
  const rest = url.slice(authority.length);
  const fault = placeFault(url, authority, { scene, kind }) ?? authorityFault(authority, kind);
  if (fault !== null) {
    scene.log.add(path, ...fault);
    return null;
  }
  const template = checkUrlTemplate(rest, path, scene);
  if (template === null) return null;
  const hint = rest.includes("#") ? "write %23 for a #" : "";
  checkPlace(
    { kind: "url", value: rest, path, fault: restFault(rest, kind), hint },
    template,
    scene,
  );
  const { protocol, host } = new URL(authority);
  // A name in another script goes out as DNS knows it.
  const isPlain = /^[\x21-\x7e]*$/.test(authority) && !authority.includes("%");
  return { url: isPlain ? url : `${protocol}//${host}${rest}`, label: host };
}

type Fault = readonly [what: string, hint: string];

/** What is wrong with what is known of scheme and host. */
function placeFault(
  url: string,
  authority: string,
  { scene: { statics }, kind }: { readonly scene: Scene; readonly kind: UrlKind },
): Fault | null {
  const { what } = SPEECH[kind];
  const first = url.startsWith("{{") ? url.slice(0, url.indexOf("}}")) : authority;
  if (first.includes("{{")) {
    return secretIn(first, statics.secretNames) === null
      ? [
          `the host of a ${what} cannot differ between connections`,
          kind === "ws" ? "use targets for several" : "write it as it is",
        ]
      : [`the host of a ${what} cannot be a secret`, "only its path and query can hold one"];
  }
  if (SCHEME.test(url)) return null;
  return [`not a URL: ${quoted(url)}`, `did you mean ${kind}://${url}?`];
}

/** What is wrong with `ws://host:port`. */
function authorityFault(authority: string, kind: UrlKind): Fault | null {
  const { what: of, example } = SPEECH[kind];
  if (/[\s\p{Cc}]/u.test(authority)) {
    return [`the ${of} URL holds spaces or control characters`, ""];
  }
  if (authority.includes("\\")) return [`the ${of} URL holds a backslash`, "write /"];
  let parsed: URL;
  try {
    parsed = new URL(authority);
  } catch {
    if (/^[a-z]+:\/\/(:\d*)?$/i.test(authority)) return [`the ${of} URL has no host`, ""];
    const [, port = "0"] = /:(\d+)$/.exec(authority) ?? [];
    if (Number(port) > 65_535) return [`the ${of} URL has port ${port}`, "65535 is the highest"];
    const isV6 = /^[a-z]+:\/\/[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(authority);
    const hint = isV6
      ? "an IPv6 address stands in brackets: ws://[::1]:8080/chat"
      : `such as ${example}`;
    return [`not a URL: ${quoted(authority)}`, hint];
  }
  const { protocol, hostname } = parsed;
  if (protocol !== `${kind}:` && protocol !== `${kind}s:`) {
    const isSecure = protocol === "https:" || protocol === "wss:";
    const scheme = isSecure ? `${kind}s://` : `${kind}://`;
    const what = `the ${of} is not ${kind}:// or ${kind}s:// but ${protocol}//`;
    return [what, `did you mean ${scheme}?`];
  }
  if (hostname === "") return [`the ${of} URL has no host`, ""];
  if (!authority.includes("@")) return null;
  const what = `user and password in the ${of} URL are not supported`;
  return [
    what,
    kind === "ws" ? "use connect.headers: authorization" : "use headers: authorization",
  ];
}

/** Why path and query cannot be sent as they are with the values in them; "" when they can. */
function restFault(written: string, kind: UrlKind): (rendered: string) => string {
  const { what } = SPEECH[kind];
  const ownDots = hasDotSegment(written.replaceAll(/\{\{.*?\}\}/gs, "x"));
  return (rendered) => {
    if (/[\s\p{Cc}]/u.test(rendered)) return `the ${what} URL holds spaces or control characters`;
    if (!rendered.isWellFormed()) return "no URL can carry half of a surrogate pair";
    if (rendered.includes("#")) return `a ${what} URL cannot have a fragment (#)`;
    if (!ownDots && hasDotSegment(rendered))
      return "no URL can carry . or .. as a segment of its path";
    return "";
  };
}

/** Clients and proxies take such segments out, however they are encoded. */
function hasDotSegment(rest: string): boolean {
  return /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(rest.split("?")[0] ?? "");
}

/** Static placeholders before the path become text; the others stay as written. */
function resolveAuthority(text: string, scene: Scene): string {
  let url = "";
  /** Not yet in it. */
  let known = "";
  for (const piece of scanPieces(text)) {
    if ("literal" in piece) {
      known += piece.literal;
      continue;
    }
    const inPath = /^[a-z]+:\/\/[^/?#]+[/?#]/i.test(url + known);
    const plain = `{{${insideRaw(piece.source)?.source ?? piece.source}}}`;
    const template = inPath ? null : checkTemplate(plain, [], scene);
    const keep = !template?.isStatic || secretIn(piece.source, scene.statics.secretNames) !== null;
    if (keep) {
      url += `${literalAhead(known, "{{raw('{')}}")}{{${piece.source}}}`;
      known = "";
    } else known += template.render(SAMPLE);
  }
  return url + literal(known);
}

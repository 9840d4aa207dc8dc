/**
 * A target's URL in parts. Used by coordinator and workers, so that both see the same host. The path stays as it is
 * written, since it may hold placeholders. Invariant: the host is the one the URL parser of every browser sees.
 */
import { OnrushError } from "../errors.ts";
import { hostOf, isLoopbackHost } from "./host.ts";

export interface TargetUrl {
  readonly secure: boolean;
  /** In its one spelling (host.ts). */
  readonly host: string;
  readonly port: number;
  /** Path and query, beginning with a slash. */
  readonly path: string;
}

/** Whether all of them are on the machine of whoever connects. Such as have no host yet are not. */
export function isOnLoopback({
  targets,
}: {
  readonly targets: readonly { readonly url: string }[];
}): boolean {
  return targets.every(
    ({ url }) => URL.canParse(url) && isLoopbackHost(hostOf(new URL(url)) ?? ""),
  );
}

/** @throws OnrushError ONRUSH_TARGET_UNREACHABLE for what is no URL of ws or wss */
export function splitTargetUrl(url: string): TargetUrl {
  if (!/^wss?:/i.test(url)) throw noHost(url);
  return splitUrl(url);
}

/** @throws OnrushError ONRUSH_TARGET_UNREACHABLE for what is no URL of ws, wss, or of http and https, as steps ahead of a connection have */
export function splitUrl(url: string): TargetUrl {
  const [, scheme = "", authority = "", rest = ""] =
    /^(wss?|https?):\/\/([^/?#\\]*)([^#]*)/is.exec(url) ?? [];
  const base = `${scheme}://${authority}/`;
  if (scheme === "" || /[\s\p{Cc}]/u.test(authority) || !URL.canParse(base)) throw noHost(url);
  const parsed = new URL(base);
  const host = hostOf(parsed);
  if (host === null) throw noHost(url);
  const secure = parsed.protocol === "wss:" || parsed.protocol === "https:";
  const path = rest.replace(/^\\/, "/");
  return {
    secure,
    host,
    port: parsed.port === "" ? (secure ? 443 : 80) : Number(parsed.port),
    path: path.startsWith("/") ? path : `/${path}`,
  };
}

function noHost(url: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_TARGET_UNREACHABLE",
    message: `target URL ${JSON.stringify(url)} has no host`,
    remedy: "write it as ws://host:port/path",
  });
}

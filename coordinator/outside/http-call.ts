/**
 * One HTTP request of a fault. Called by outside-faults.ts. Invariants: it is over within its time, whatever answers, and with it its
 * socket; it follows no redirect, reads MAX_ANSWER_BYTES of an answer at most, and goes to no address that its host's name does not
 * allow.
 */
import { lookup } from "node:dns";
import { type ClientRequest, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { checkAddress } from "../../shared/net/target-policy.ts";
import type {
  OutsideRequest,
  OutsideResult,
} from "../../shared/scenario/sections/faults/outside/outside.ts";
import type { StrictTls } from "../../shared/scenario/strict-connect.ts";
import type { Timers } from "../../shared/time/timer.ts";
import { shown } from "./shown.ts";

const MAX_ANSWER_BYTES = 16 * 1024;

export interface CallLimits {
  readonly tls: StrictTls;
  /** Hosts other than loopback that may be called. */
  readonly allowed: readonly string[];
  readonly limitMs: number;
  readonly timers: Timers;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

/** Never rejects. */
export function httpCall(asked: OutsideRequest, limits: CallLimits): Promise<OutsideResult> {
  const { timers, limitMs, signal } = limits;
  let call: ClientRequest;
  try {
    call = open(asked, limits);
  } catch (error) {
    return Promise.resolve(failed((error as Error).message));
  }
  return new Promise((resolve) => {
    const end = (result: OutsideResult) => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      call.destroy();
      resolve(result);
    };
    const onAbort = () => end(failed("cut off: the run was over"));
    const cancel = timers.after(limitMs, () => end(failed(`no answer within ${limitMs / 1000} s`)));
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) return onAbort();
    call.on("error", (error: NodeJS.ErrnoException) => end(failed(error.code ?? error.message)));
    call.on(
      "response",
      (answer) => void read(answer).then((text) => end(judge(asked, answer, text))),
    );
    call.end(asked.body ?? undefined);
  });
}

function open({ method, url, headers, body }: OutsideRequest, { tls, allowed }: CallLimits) {
  const target = new URL(url);
  const port = Number(target.port || (target.protocol === "https:" ? 443 : 80));
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const check = (address: string) =>
    checkAddress({ host, port }, address, [{ of: "the run", allowed }]);
  const options = {
    ...{ method, agent: false as const, lookup: checkedLookup(check) },
    headers: {
      ...Object.fromEntries(headers),
      ...(body !== null && { "content-length": Buffer.byteLength(body) }),
    },
  };
  if (isIP(host) !== 0) check(host);
  if (target.protocol === "http:") return plainRequest(target, options);
  const { ca, cert, key, rejectUnauthorized } = tls;
  return secureRequest(target, {
    ...{ ...options, rejectUnauthorized },
    ...(ca !== null && { ca }),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
  });
}

/** What a name resolves to is checked, too, and all of it. */
function checkedLookup(check: (address: string) => void): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      try {
        for (const { address } of addresses ?? []) check(address);
      } catch (forbidden) {
        done(forbidden as Error, "", 0);
        return;
      }
      if (options.all === true) done(error, addresses);
      else done(error, first?.address ?? "", first?.family ?? 0);
    });
  };
}

/** As much of the body as is wanted; what breaks off is what there is. */
async function read(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_ANSWER_BYTES) break;
    }
  } catch {
    // The status is known.
  }
  return Buffer.concat(chunks).toString("utf8", 0, MAX_ANSWER_BYTES);
}

function judge(
  { status }: OutsideRequest,
  { statusCode = 0 }: IncomingMessage,
  text: string,
): OutsideResult {
  const ok =
    status.length > 0 ? status.includes(statusCode) : statusCode >= 200 && statusCode <= 299;
  return { ok, outcome: shown(`HTTP ${statusCode} ${text}`) };
}

function failed(why: string): OutsideResult {
  return { ok: false, outcome: shown(why) };
}

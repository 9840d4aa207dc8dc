/**
 * One HTTP request to another service: of a fault, a checkpoint, clean-up, a rule of the environment. Called by hands.ts.
 * Invariants: it is over within its time, whatever answers, and with it its socket; it follows no redirect, reads no more of
 * an answer than is wanted, and goes to no address that its host's name does not allow.
 */
import { lookup } from "node:dns";
import { type ClientRequest, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { checkAddress } from "../../shared/net/target-policy.ts";
import type { Answer } from "../../shared/scenario/sections/environment/rule.ts";
import type {
  OutsideRequest,
  OutsideResult,
} from "../../shared/scenario/sections/faults/outside/outside.ts";
import { isRight } from "../../shared/scenario/shape/request.ts";
import type { StrictTls } from "../../shared/scenario/strict-connect.ts";
import type { Timers } from "../../shared/time/timer.ts";
import { held } from "./shown.ts";

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
export async function httpCall(asked: OutsideRequest, limits: CallLimits): Promise<OutsideResult> {
  const answer = await askFor(asked, limits);
  return "failed" in answer ? { ok: false, outcome: held(answer.failed) } : judge(asked, answer);
}

/** Never rejects. @param most bytes of an answer that are read */
export function askFor(
  asked: OutsideRequest,
  limits: CallLimits,
  most = MAX_ANSWER_BYTES,
): Promise<Answer | { readonly failed: string }> {
  const { timers, limitMs, signal } = limits;
  let call: ClientRequest;
  try {
    call = open(asked, limits);
  } catch (error) {
    return Promise.resolve({ failed: (error as Error).message });
  }
  return new Promise((resolve) => {
    const end = (result: Answer | { readonly failed: string }) => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      call.destroy();
      resolve(result);
    };
    const onAbort = () => end({ failed: "cut off: the run was over" });
    const late = `no answer within ${limitMs / 1000} s`;
    const cancel = timers.after(limitMs, () => end({ failed: late }));
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) return onAbort();
    call.on("error", (error: NodeJS.ErrnoException) =>
      end({ failed: error.code ?? error.message }),
    );
    call.on("response", (answer) => void read(answer, most).then(end));
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
async function read(answer: IncomingMessage, most: number): Promise<Answer> {
  const { statusCode: status = 0 } = answer;
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isWhole = true;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > most) break;
    }
  } catch {
    // The status is known.
    isWhole = false;
  }
  const text = Buffer.concat(chunks).toString("utf8", 0, most);
  return { status, text, isWhole: isWhole && bytes <= most };
}

function judge({ status: right }: OutsideRequest, { status, text }: Answer): OutsideResult {
  return { ok: isRight(status, right), outcome: held(`HTTP ${status} ${text}`) };
}

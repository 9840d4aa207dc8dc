/** `kind: stale-token`: attempts with a token that is no longer good. Listed in registry.ts. Invariant: a place goes with a value. */
import type * as z from "zod";
import { MASK } from "../../mask/mask.ts";
import { about, fault, strict, text } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";
import { ANSWERS } from "./outcome.ts";

const MAX_NAME_CHARS = 256;
const MAX_VALUE_CHARS = 4096;
const DEFAULT_HEADER = "authorization";
/** Names of headers, but for those that belong to the handshake itself. */
const HEADER_NAME =
  /^(?!(?:host|connection|upgrade|sec-websocket-.*|content-length|transfer-encoding)$)[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/i;
/** RFC 9110 §5.5. */
const HEADER_VALUE = /^[\x20-\x7e\x80-\xff]+$/;

export const staleToken = faultKind({
  kind: "stale-token",
  stage: "handshake",
  doc: "Attempts to connect carry what was captured before the fault, though they log in anew; or a given `value`, in a header or in the query. Is it refused, and does the client get in again afterwards? Open connections stay.",
  example: {
    ...{ at: "steady+10s", for: "10s", kind: "stale-token", who: "20%" },
    value: "Bearer expired",
  },
  tells: ANSWERS,
  shape: () =>
    strict({
      ...base("stale-token", "Has attempts to connect carry an old token."),
      value: about(
        text(MAX_VALUE_CHARS).optional(),
        "What stands in its place. Default: whatever is captured in the request is as it was before the fault.",
        "Bearer expired",
      ),
      header: about(
        text(MAX_NAME_CHARS).optional(),
        `The header that has the value. Default: ${DEFAULT_HEADER}.`,
        "x-token",
      ),
      query: about(
        text(MAX_NAME_CHARS).optional(),
        "The parameter of the URL that has the value, in place of a header.",
        "token",
      ),
    }).superRefine(checkPlace),
  lasts: () => "must",
  strict: ({ value = null, header = null, query = null }) => {
    return { kind: "stale-token", value, header, query };
  },
  written: ({ value, header, query }) => ({
    ...(value !== null && { value }),
    ...(header !== null && { header }),
    ...(query !== null && { query }),
  }),
  redacted: (act) => ({ ...act, value: act.value === null ? null : MASK }),
  action: {
    reach: "attempts",
    spoil: ({ value, header, query }) => ({
      where: "request",
      bytesPerSec: null,
      stale: { value, header: header ?? DEFAULT_HEADER, query },
    }),
  },
});

interface Written {
  readonly value?: string | undefined;
  readonly header?: string | undefined;
  readonly query?: string | undefined;
}

function checkPlace({ value, header, query }: Written, context: z.RefinementCtx): void {
  if (header !== undefined && query !== undefined) {
    fault(context, ["stale-token takes only one of header or query", ""], { path: ["query"] });
  }
  const hasPlace = header !== undefined || query !== undefined;
  if (value === undefined && hasPlace) {
    fault(context, ["header and query need value", "such as value: expired"]);
  }
  if (header !== undefined && !HEADER_NAME.test(header)) {
    fault(context, ["no header that may be set", "such as x-token"], { path: ["header"] });
  }
  if (value !== undefined && query === undefined && !HEADER_VALUE.test(value)) {
    fault(context, ["it holds characters that a header cannot carry", ""], { path: ["value"] });
  }
}

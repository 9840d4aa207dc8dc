/** Looks the most frequent status, close code or kind of failure up in a table, as a person with a runbook does. */
import type { Answer } from "../answer.ts";
import type { Baseline } from "./baseline.ts";

/** Status, close code or kind of failure -> [cause, locus]. */
const TABLE: Readonly<Record<string, readonly [cause: string, locus: string]>> = {
  "401": ["stale-token", "client-script"],
  "403": ["not-authorised", "client-script"],
  "404": ["wrong-address", "client-script"],
  "429": ["handshake-rate-limit", "server"],
  "502": ["proxy-upstream-down", "server"],
  "503": ["connection-cap", "server"],
  "504": ["proxy-upstream-down", "server"],
  "1001": ["idle-timeout", "server"],
  "1002": ["protocol-violation", "server"],
  "1008": ["message-rate-limit", "server"],
  "1009": ["message-size-limit", "server"],
  "1011": ["server-errors", "server"],
  "1012": ["crash-and-restart", "server"],
  "1013": ["connection-cap", "server"],
  "4401": ["token-expiry", "server"],
  "abnormal-close": ["crash-and-restart", "server"],
  "tcp-refused": ["crash-and-restart", "server"],
  "tcp-reset": ["crash-and-restart", "server"],
  "tcp-timeout": ["accept-queue", "server"],
  "tls-certificate": ["expired-certificate", "server"],
  "tls-timeout": ["tls-cost", "server"],
  "upgrade-timeout": ["server-open-files", "server"],
  "heartbeat-timeout": ["zombie", "server"],
  "reply-timeout": ["saturation", "server"],
  "generator-ports": ["generator-ports", "generator"],
  "generator-fds": ["generator-open-files", "generator"],
  protocol: ["protocol-violation", "server"],
  lost: ["message-loss", "server"],
  duplicated: ["duplication", "server"],
  reordered: ["reordering", "server"],
  corrupt: ["corruption", "server"],
  leaked: ["leak-between-users", "server"],
};

export const closeCodes: Baseline = {
  name: "close codes",
  answer({ summary: { connections, failures } }): Answer {
    const counts = new Map<string, number>();
    const add = (key: string, count: number) => counts.set(key, (counts.get(key) ?? 0) + count);
    for (const [status, count] of Object.entries(connections.failedByStatus)) add(status, count);
    for (const [code, count] of Object.entries(connections.closedByCode)) add(code, count);
    for (const { kind, count, cause } of failures) {
      // Those have a status or a code, which is counted above.
      if (cause !== "injected" && kind !== "upgrade-status" && kind !== "close-code")
        add(kind, count);
    }
    return [...counts]
      .toSorted(([, n], [, m]) => m - n)
      .flatMap(([key]) => {
        const [cause, locus] = TABLE[key] ?? [];
        return cause === undefined || locus === undefined
          ? []
          : [{ cause, locus, probability: null }];
      })
      .slice(0, 3);
  },
};

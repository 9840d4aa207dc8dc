/** How connections of a strict scenario are made; see strict.ts. */

export interface StrictConnect {
  /** Values may hold {{…}}. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** May hold {{…}}. */
  readonly subprotocols: readonly string[];
  /** From the start of an attempt to the end of its upgrade. */
  readonly timeoutUs: number;
  /** File contents (PEM), already read. */
  readonly tls: StrictTls;
  readonly compression: boolean;
  readonly driver: "lean" | "ws";
  readonly heartbeat: { readonly pingUs: number; readonly timeoutUs: number } | null;
  readonly reconnect: StrictReconnect;
  /** "auto": spread over 127/8 for loopback targets when ports run short; else the given addresses. */
  readonly localAddresses: "auto" | readonly string[];
  /** Largest message accepted from the target; a larger one is a counted protocol failure. */
  readonly maxMessageBytes: number;
}

export interface StrictTls {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly servername: string | null;
  readonly rejectUnauthorized: boolean;
}

export const RECONNECT_POLICIES = [
  "none",
  "fixed",
  "exponential",
  "full-jitter",
  "decorrelated-jitter",
  "server-hint",
] as const;

export interface StrictReconnect {
  readonly policy: (typeof RECONNECT_POLICIES)[number];
  readonly minUs: number;
  readonly maxUs: number;
  /** Reconnect attempts after a connection was lost or refused; the first attempt is not counted. */
  readonly attempts: number;
}

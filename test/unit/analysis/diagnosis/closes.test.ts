/**
 * Goal: failures and closes are traced to their cause, with its number, and what follows from it is not named again. Method: runs told
 * second by second, each with one thing wrong; twice with two.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import type { StrictOutside } from "../../../../shared/scenario/strict-outside.ts";
import { codeOfGap, codeOfKind, codeOfSent } from "../../../../shared/wire/frame/recent-event.ts";
import { facts, tell } from "../../merge/synthetic-run.ts";
import { causesOf, foldOf, healthySeconds, momentAt, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

function healthy(seconds: number): Told[] {
  const load = { seed: 3, seconds, connections: 200, ramp: 4, rate: 2 };
  return healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.4 }).map((told) => {
    const { failures: _, dropped: _1, lifetimeUs: _2, ...rest } = told;
    return rest;
  });
}

/** The seconds with these instead. */
function changed(seconds: readonly Told[], at: Readonly<Record<number, Told>>): Told[] {
  return seconds.map((told, second) => ({ ...told, ...at[second] }));
}

const ages = (count: number, ...us: readonly number[]) =>
  Array.from({ length: count }, (_, at) => us[at % us.length] ?? 1);

const refused = (count: number): Told => ({
  ...{ open: 0, opened: 0, failed: count, sent: [], received: [], latencyUs: [] },
  failures: [{ kind: "tcp-refused", signature: "ECONNREFUSED", count, attempt: 1 }],
});

const massClose: Told = {
  ...{ open: 0, dropped: 200, lifetimeUs: ages(200, 6e6, 7e6, 8e6, 9e6, 10e6) },
  failures: [{ kind: "abnormal-close", signature: "ECONNRESET", count: 200 }],
};

describe("a crash", () => {
  const crashed = {
    10: massClose,
    11: refused(60),
    12: refused(60),
    13: refused(60),
    14: { opened: 200 },
  };

  test("is certain when nobody answers and then somebody does", () => {
    expect(causesOf(foldOf(changed(healthy(25), crashed), PLAN))).toEqual([
      "crash-and-restart certain",
    ]);
  });

  test("explains that those who come back are too many at once", () => {
    const limited: Told = {
      ...{ opened: 40, failed: 300 },
      failures: [
        { kind: "upgrade-status", signature: "429 Too Many Requests", count: 300, attempt: 2 },
      ],
    };
    const seconds = changed(healthy(25), { ...crashed, 14: limited, 15: limited, 16: limited });
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["crash-and-restart certain"]);
  });

  test("is at most possible when all that ended were of one age", () => {
    const told = { ...massClose, lifetimeUs: ages(200, 9e6) };
    expect(causesOf(foldOf(changed(healthy(25), { 10: told, 11: { opened: 200 } }), PLAN))).toEqual(
      ["crash-and-restart possible"],
    );
  });

  test("that a fault outside of the load made is none", () => {
    const kill = { name: "kill", phase: 1, offsetUs: 0, everyUs: 0, times: 1, limitUs: 1e6 };
    const act = { kind: "command", run: ["true"] } as unknown as StrictOutside["act"];
    const fold = foldOf(changed(healthy(25), crashed), { ...PLAN, outside: [{ ...kill, act }] });
    tell(fold, { type: "outside-began", position: 0, id: "kill", kind: "command", atUs: 6e6 });
    expect(causesOf(fold)).toEqual([]);
  });
});

describe("those who come back together", () => {
  const { connect } = facts().scenario;
  const together = {
    ...PLAN,
    connect: {
      ...connect,
      reconnect: { policy: "fixed", minUs: 1e5, maxUs: 1e5, attempts: 100 },
    },
  } as const;
  const unanswered: Told = {
    ...{ open: 60, opened: 5, failed: 138 },
    failures: [{ kind: "upgrade-timeout", signature: "", count: 138, attempt: 4 }],
  };

  test("keep the service down long after it is there again: that is the storm", () => {
    const during = Object.fromEntries([12, 13, 14, 15, 16].map((at) => [at, unanswered]));
    const seconds = changed(healthy(25), { 10: massClose, 11: refused(400), ...during });
    const found = diagnose(new Signals(foldOf(seconds, together)), DETECTORS);
    expect(found).toMatchObject([{ cause: "reconnect-storm", confidence: "likely" }]);
  });

  test("and wait for longer than it was away, if not in vain: that is the storm", () => {
    const waiting: Told = {
      ...{ open: 200, opened: 200, failed: 0 },
      connectUs: Array.from({ length: 200 }, (_, at) => 4500 * at),
    };
    const seconds = changed(healthy(25), { 10: massClose, 11: refused(300), 12: waiting });
    const soon = { ...together, connect: { ...together.connect, timeoutUs: 1e6 } };
    expect(causesOf(foldOf(seconds, soon))).toEqual(["reconnect-storm likely"]);
  });

  test("and wait for less than it was away: it is the crash", () => {
    const away = Object.fromEntries([11, 12, 13, 14].map((at) => [at, refused(200)]));
    const seconds = changed(healthy(25), { 10: massClose, ...away, 15: unanswered });
    expect(causesOf(foldOf(seconds, together))[0]).toBe("crash-and-restart certain");
  });
});

describe("limits", () => {
  const over = (kind: "upgrade-status" | "close-code", signature: string): Told => ({
    ...{ open: 120, opened: 0, failed: 40 },
    failures: [{ kind, signature, count: 40 }],
  });

  test("of connections: attempts fail at so many open ones, and not below", () => {
    const seconds = healthy(25).map((told, at) =>
      at < 2
        ? { ...told, open: 60 * (at + 1), opened: 60 }
        : { ...told, ...over("upgrade-status", "503") },
    );
    const [found] = diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS);
    expect(found).toMatchObject({ cause: "connection-cap", confidence: "likely" });
    expect(found?.sentence).toContain("about 120 connections");
  });

  test("are none where as many get in as get no answer", () => {
    const seconds = healthy(25).map((told, at) =>
      at < 4
        ? { ...told, open: 46 * (at + 1), opened: 46 }
        : {
            ...told,
            ...{ open: 184 + Math.min(16, 4 * (at - 3)), opened: 4 },
            ...(at < 8 && {
              failed: 5,
              failures: [{ kind: "upgrade-timeout" as const, signature: "", count: 5 }],
            }),
          },
    );
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["unknown possible"]);
  });

  test("of attempts a second: 429 when they come fast", () => {
    const seconds = changed(healthy(25), {
      1: {
        opened: 50,
        failed: 90,
        failures: [{ kind: "upgrade-status", signature: "429", count: 90 }],
      },
      2: {
        opened: 50,
        failed: 60,
        failures: [{ kind: "upgrade-status", signature: "429", count: 60 }],
      },
      10: { opened: 20 },
    });
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["handshake-rate-limit certain"]);
  });

  test("a 503 at any number of connections is no cap", () => {
    const seconds = healthy(25).map((told, at) =>
      at < 6
        ? {
            ...told,
            failed: 8,
            failures: [{ kind: "upgrade-status" as const, signature: "503", count: 8 }],
          }
        : told,
    );
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["server-errors possible"]);
  });
});

describe("an age", () => {
  const aged = (signature: string, kind: "close-code" | "abnormal-close" = "close-code") =>
    changed(
      healthy(25),
      Object.fromEntries(
        [12, 13, 14, 15, 16].map((at) => [
          at,
          {
            opened: 40,
            dropped: 40,
            lifetimeUs: ages(40, 10e6, 10.1e6),
            failures: [{ kind, signature, count: 40 }],
          },
        ]),
      ),
    );

  test("at which busy connections end is a lifetime", () => {
    expect(causesOf(foldOf(aged("1001 bye"), PLAN))).toEqual(["maximum-lifetime possible"]);
  });

  test("at which idle ones end is an idle timeout, perhaps", () => {
    const quiet = aged("", "abnormal-close").map(
      ({ latencyUs: _, sent: _1, received: _2, ...told }) => told,
    );
    expect(causesOf(foldOf(quiet, { ...PLAN, messages: null }))).toEqual(["idle-timeout possible"]);
  });

  test("with a word of the token is that of the token", () => {
    expect(causesOf(foldOf(aged("4401 token expired"), PLAN))).toEqual(["token-expiry certain"]);
  });
});

describe("what the service says", () => {
  const said = (kind: Parameters<typeof foldOf>[0][number]["failures"], more: Told = {}) =>
    causesOf(
      foldOf(
        changed(healthy(25), {
          8: { ...more, failures: kind ?? [] },
          12: { ...more, failures: kind ?? [] },
        }),
        PLAN,
      ),
    );

  test.each([
    ["tls-certificate", "CERT_HAS_EXPIRED", "expired-certificate certain"],
    ["tls-certificate", "SELF_SIGNED_CERT_IN_CHAIN", "untrusted-certificate certain"],
    ["upgrade-status", "502 Bad Gateway", "proxy-upstream-down likely"],
    ["upgrade-status", "404 Not Found", "wrong-address possible"],
    ["close-code", "1009 too big", "message-size-limit likely"],
    ["close-code", "1008 rate limit", "message-rate-limit likely"],
    ["close-code", "1008", "message-rate-limit possible"],
    ["close-code", "1011", "server-errors likely"],
    ["leaked", "a to b", "leak-between-users certain"],
    ["corrupt", "say", "corruption certain"],
  ] as const)("%s %s", (kind, signature, cause) => {
    expect(said([{ kind, signature, count: 5 }], { failed: 5, opened: 5 })).toEqual([cause]);
  });

  /** Nobody gets in. */
  const allAnswered = (signature: string, detail = "") => {
    const failures = [{ kind: "upgrade-status", signature, count: 40, detail }] as const;
    return foldOf(
      Array.from({ length: 6 }, () => ({ failed: 40, failures })),
      PLAN,
    );
  };

  test.each([
    ["200 OK", "wrong-address likely"],
    ["301 Moved Permanently", "redirected certain"],
    ["302 Found", "redirected certain"],
    ["307 Temporary Redirect", "redirected certain"],
    ["308 Permanent Redirect", "redirected certain"],
    ["404 Not Found", "wrong-address likely"],
    ["426 Upgrade Required", "wrong-address likely"],
  ])("%s to every attempt: there is no WebSocket at that address", (signature, cause) => {
    expect(causesOf(allAnswered(signature))).toEqual([cause]);
  });

  test("a status that says nothing of the kind stays unknown", () => {
    expect(causesOf(allAnswered("418 I'm a teapot"))).toEqual(["unknown possible"]);
  });

  test.each([
    ["https://web.example/ws", "`https://web.example/ws`", /wss:\/\//],
    ["/login?next=%2Fws&token=s3cret", "`/login…`", /looks like a login/],
    ["wss://ann:s3cret@web.example/ws#s3cret", "`wss://web.example/ws…`", /wss:\/\//],
    ["/a`b\u001b[31m\u202e<i>", "`/a?b?[31m??i?`", /`target`/],
    [`/${"x".repeat(300)}`, `\`/${"x".repeat(119)}…\``, /`target`/],
  ])("a redirect says where it leads, and no secret: %s", (location, shown, next) => {
    const fold = allAnswered("302 Found", `Location: ${location}`);
    const [found] = diagnose(new Signals(fold), DETECTORS);
    const sentences = found?.evidence.map(({ sentence }) => sentence).join(" ") ?? "";
    expect(sentences).toContain(`lead to ${shown}.`);
    expect(sentences).not.toContain("s3cret");
    expect(found?.nextProbe).toMatch(next);
  });

  /** Closed by those words, in these seconds. */
  const closed = (signature: string, moment: Parameters<typeof momentAt>[1], dropped = 20) => {
    const event = (second: number, at: number) => ({
      ...momentAt(second, { connection: 1000 * second + at, ...moment }),
      ...{ kind: "close-code" as const, signature, weight: 1 },
    });
    const at = Object.fromEntries(
      [6, 8, 10, 12, 14, 16].map((second) => [
        second,
        {
          ...{ dropped, lifetimeUs: ages(dropped, 1000 * (moment.ageMs ?? 1000)) },
          failures: [{ kind: "close-code", signature, count: dropped }] as const,
          events: Array.from({ length: dropped }, (_, place) => event(second, place)),
        },
      ]),
    );
    return causesOf(foldOf(changed(healthy(25), at), PLAN));
  };

  test("a bad token at the first message is none that has expired", () => {
    const opened = [codeOfKind("open"), codeOfGap(0), codeOfSent(0, 64), codeOfGap(4980)];
    const recent = Uint8Array.from(opened);
    const first = { ageMs: 5000, sent: 1, idleTxMs: 20, recent };
    expect(closed("4001 bad token", first)).toEqual(["not-authorised likely"]);
    expect(closed("4001 bad token", { ...first, sent: 0, ageMs: 15 })).toEqual([
      "not-authorised likely",
    ]);
  });

  test("on those that come back it is a stale one", () => {
    const again = { ageMs: 15, sent: 0, attempt: 2 };
    expect(closed("4001 bad token", again)).toEqual(["stale-token likely"]);
  });

  test("at an age it is one that has expired", () => {
    const later = { ageMs: 5000, sent: 10, idleTxMs: 400 };
    expect(closed("4001 bad token", later)).toEqual(["token-expiry certain"]);
  });

  test("401 on those that come back is a stale token", () => {
    expect(
      said([{ kind: "upgrade-status", signature: "401", count: 5, attempt: 1 }], { failed: 5 }),
    ).toEqual(["stale-token likely"]);
  });

  test("401 on first attempts is not", () => {
    expect(said([{ kind: "upgrade-status", signature: "401", count: 5 }], { failed: 5 })).toEqual([
      "not-authorised likely",
    ]);
  });

  test("is not held against it in what a fault is to blame for", () => {
    expect(said([{ kind: "close-code", signature: "1011", count: 5, phase: 2 }])).toEqual([]);
  });
});

test("connections that end with a word nobody knows, one by one, are held against connections", () => {
  const seconds = changed(
    healthy(25),
    Object.fromEntries(
      [6, 8, 11, 15, 20].map((at) => [
        at,
        {
          ...{ dropped: 5, opened: 5, lifetimeUs: ages(5, 2e6, 5e6, 9e6) },
          failures: [{ kind: "close-code", signature: "4409 replaced", count: 5 }],
        },
      ]),
    ),
  );
  const [found, ...others] = diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS);
  expect(found).toMatchObject({ cause: "unknown", locus: "server" });
  expect(found?.sentence).toContain("of the connections failed");
  expect(others).toEqual([]);
});

describe("silence", () => {
  test("of a service that had answered", () => {
    const seconds = healthy(25).map((told, at) =>
      at < 12
        ? told
        : {
            ...told,
            received: [],
            latencyUs: [],
            matched: 0,
            timedOut: 300,
            failures: [{ kind: "reply-timeout" as const, signature: "say", count: 300 }],
          },
    );
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["zombie likely"]);
  });

  test("of an address at which nothing listens", () => {
    expect(
      causesOf(
        foldOf(
          healthy(10).map(() => refused(20)),
          PLAN,
        ),
      ),
    ).toEqual(["service-down certain"]);
  });
});

describe("one part", () => {
  const targets = ["a", "b", "c", "d"].map((label) => ({
    url: `ws://127.0.0.1:9/${label}`,
    weight: 1,
    label,
  }));
  const counts = (timedOut: number) => ({ expected: 100, matched: 100 - timedOut, timedOut });

  test("of the targets fails", () => {
    const seconds = healthy(25).map((told) => ({
      ...told,
      targets: [0, 0, 20, 0].map(counts),
      timedOut: 20,
      failures: [{ kind: "reply-timeout" as const, signature: "say", count: 20, target: 2 }],
    }));
    const [found, ...others] = diagnose(
      new Signals(foldOf(seconds, { ...PLAN, targets })),
      DETECTORS,
    );
    expect(found).toMatchObject({ cause: "failing-backend", scope: { target: "c" } });
    expect(others).toEqual([]);
  });

  test("of the targets drops connections, after the ramp in which they opened", () => {
    const seconds = healthy(25).map((told, second) => ({
      ...told,
      targets:
        second < 4
          ? [0, 0, 0, 0].map(() => ({ attempted: 50, established: 50 }))
          : [0, 0, 4, 0].map((dropped) => ({ dropped })),
      ...(second >= 4 && {
        dropped: 4,
        failures: [{ kind: "close-code" as const, signature: "1011", count: 4, target: 2 }],
      }),
    }));
    const found = diagnose(new Signals(foldOf(seconds, { ...PLAN, targets })), DETECTORS);
    expect(found).toContainEqual(
      expect.objectContaining({ cause: "failing-backend", scope: { target: "c" }, impact: 84 }),
    );
    const [one] = found.filter(({ cause }) => cause === "failing-backend");
    expect(one?.sentence).toContain("84 of 200");
    // They opened in one phase and were dropped in another.
    expect(JSON.stringify(one?.evidence)).not.toContain("Within phases");
  });

  test("of the messages fails", () => {
    const seconds = healthy(25).map((told) => ({
      ...told,
      names: [
        { expected: 100, timedOut: 0 },
        { expected: 100, timedOut: 10 },
      ],
      timedOut: 10,
      failures: [{ kind: "reply-timeout" as const, signature: "ask", count: 10 }],
    }));
    const [found] = diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS);
    expect(found).toMatchObject({ cause: "failing-message-type", scope: { name: "ask" } });
  });

  test("none, when all fail alike: that is not known", () => {
    const seconds = healthy(25).map((told) => ({
      ...told,
      targets: [40, 40, 40, 40].map(counts),
      timedOut: 160,
      failures: [0, 1, 2, 3].map((target) => ({
        kind: "reply-timeout" as const,
        signature: "say",
        count: 40,
        target,
      })),
    }));
    expect(causesOf(foldOf(seconds, { ...PLAN, targets }))).toEqual(["unknown possible"]);
  });
});

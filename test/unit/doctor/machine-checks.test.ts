/**
 * Goal: only what stops every run is a failure, what bends one is a warning, and either comes with its remedy.
 * Method: a sound machine, and one thing wrong at a time.
 */
import { describe, expect, it } from "vitest";
import { type Machine, readMachine } from "../../../coordinator/doctor/machine.ts";
import { machineChecks } from "../../../coordinator/doctor/machine-checks.ts";
import { targetCheck } from "../../../coordinator/doctor/target-check.ts";
import type { ProbedTarget } from "../../../shared/wire/probe.ts";
import { machine } from "./machine.ts";

const PROMPT = { medianMs: 0.1, worstMs: 1 };

describe("machineChecks", () => {
  it("finds nothing in a sound machine", () => {
    for (const check of machineChecks(machine(), PROMPT)) {
      expect(check).toMatchObject({ status: "ok", remedies: [] });
    }
  });

  const FAULTS: readonly [
    name: string,
    status: "warn" | "fail",
    over: Partial<Machine>,
    remedy: RegExp,
  ][] = [
    ["node", "fail", { node: "20.18.3" }, /install Node 20\.19/],
    [
      "open files",
      "fail",
      { files: { soft: 150, hard: 150, systemMax: null, systemUsed: null } },
      /--nofile=/,
    ],
    ["local ports", "warn", { ports: { range: [32_768, 60_999], timeWait: 20_000 } }, /wait/],
    ["tracking", "warn", { tracking: { max: 1000, used: 950 } }, /nf_conntrack_max=4000/],
    ["backlog", "warn", { backlog: 128 }, /sysctl -w net\.core\.somaxconn=4096/],
    [
      "memory",
      "fail",
      { memory: { totalBytes: 1e9, availableBytes: 1e8, limitBytes: null } },
      /free some/,
    ],
    ["cores", "warn", { cores: { available: 8, quota: 1.5 } }, /no CPU limit/],
    ["cores", "warn", { cores: { available: 1, quota: null } }, /two cores/],
    ["clock", "warn", { clock: { source: "hpet", synchronised: null } }, /clocksource=tsc/],
    ["results", "fail", { runs: { folder: "/", writable: false, freeBytes: null } }, /--run-dir/],
    ["results", "warn", { runs: { folder: "/", writable: true, freeBytes: 1e8 } }, /make room/],
  ];

  it.each(FAULTS)("%s can %s", (name, status, over, remedy) => {
    const wrong = machineChecks(machine(over), PROMPT).filter((check) => check.status !== "ok");
    expect(wrong).toMatchObject([{ name, status }]);
    expect(wrong[0]?.remedies.join("\n")).toMatch(remedy);
  });

  it("timers that come late are a warning, whatever made them late", () => {
    const wrong = machineChecks(machine(), { medianMs: 8, worstMs: 90 });
    expect(wrong.filter(({ status }) => status === "warn").map(({ name }) => name)).toEqual([
      "clock",
    ]);
  });
});

describe("readMachine", () => {
  it("reads this machine without failing, and what it reads makes sense", () => {
    const { files, ports, memory, cores, runs } = readMachine("runs");
    expect(files.soft).toBeGreaterThan(0);
    expect(ports.range[0]).toBeLessThan(ports.range[1]);
    expect(memory.availableBytes).toBeLessThanOrEqual(memory.totalBytes);
    expect(cores.available).toBeGreaterThan(0);
    expect(runs.writable).toBe(true);
  });

  it.runIf(process.platform === "linux")("understands what Linux writes", () => {
    const texts: Readonly<Record<string, string>> = {
      "/proc/sys/fs/file-nr": "2197\t0\t9223372036854775807",
      "/proc/self/limits":
        "Max processes             unlimited            unlimited            processes \nMax open files            1024                 4096                 files     ",
      "/sys/fs/cgroup/pids.max": "max",
      "/proc/sys/kernel/threads-max": "127000",
      "/proc/net/sockstat":
        "sockets: used 100\nTCP: inuse 1265 orphan 0 tw 4382 alloc 1265 mem 214",
      "/proc/self/cgroup": "0::/a",
      "/proc/self/mountinfo": "26 23 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
      "/sys/fs/cgroup/cpu.max": "150000 100000",
      "/sys/fs/cgroup/memory.max": "300000000",
      "/sys/fs/cgroup/memory.current": "100000000",
      "/proc/sys/net/netfilter/nf_conntrack_max": "262144",
      "/proc/sys/net/netfilter/nf_conntrack_count": "7",
    };
    const read = readMachine("runs", (path) => texts[path] ?? null);
    expect(read.files).toMatchObject({ hard: 4096, systemMax: null, systemUsed: 2197 });
    expect(read.maxThreads).toBe(127_000);
    expect(read.ports.timeWait).toBe(4382);
    expect(read.cores.quota).toBe(1.5);
    expect(read.memory).toEqual({ totalBytes: 3e8, availableBytes: 2e8, limitBytes: 3e8 });
    expect(read.tracking).toEqual({ max: 262_144, used: 7 });
    expect(readMachine("runs", () => null).cores.quota).toBeNull();
  });
});

describe("targetCheck", () => {
  const open: ProbedTarget = {
    label: "chat.example:443",
    address: "192.0.2.7",
    problem: null,
    protocol: "chat.v2",
    dnsMs: 3,
    tcpMs: 10,
    tlsMs: 25,
    openMs: 40,
    pingMs: null,
  };

  it("says how long each stage took", () => {
    expect(targetCheck(open)).toMatchObject({ status: "ok", remedies: [] });
    expect(targetCheck(open).text).toBe(
      "chat.example:443 (192.0.2.7) accepts a connection: name 3.0 ms, TCP 10.0 ms, TLS 25.0 ms, open 40.0 ms, pings are not answered, subprotocol chat.v2",
    );
  });

  it.each([
    ["upgrade-status", "401 Unauthorized", /login/],
    ["upgrade-status", "404 Not Found", /path/],
    ["upgrade-status", "503 Service Unavailable", /busy/],
    ["upgrade-status", "200 OK", /refuses WebSocket/],
    ["tcp-refused", "ECONNREFUSED", /start the target/],
    ["tls-certificate", "SELF_SIGNED", /connect\.tls\.ca/],
    ["closed", "4401 token", /login/],
    ["generator-ports", "EADDRNOTAVAIL", /look at/],
  ] as const)("%s %s has a remedy of its own", (kind, signature, remedy) => {
    const check = targetCheck({ ...open, problem: { kind, signature } });
    expect(check.status).toBe("fail");
    expect(check.text).toContain(signature);
    expect(check.remedies[0]).toMatch(remedy);
  });
});

/**
 * Goal: a disk that takes no more ends no coordinator and leaves no half file: the run says what failed, other runs go on
 * when there is room again. Method: the coordinator's data on a file system of 1 MB in a mount namespace of its own, filled
 * and emptied by the test; and a limit of file sizes, where a namespace is not to be had.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Coordinator, echoScenario, flawsOf, startWorker } from "../support/coordinator.ts";
import { scratch, startTarget } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const NAMESPACE = ["unshare", "-rm"] as const;
const MOUNT = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"';

/** May this user make a file system of its own? */
function canMount(): boolean {
  using folder = scratch();
  const [command, ...args] = [...NAMESPACE, "sh", "-c", MOUNT, folder.path, "true"];
  return spawnSync(command as string, args, { stdio: "ignore" }).status === 0;
}

interface Disk {
  readonly prefix: readonly string[];
  fill(coordinator: Coordinator): void;
  empty(coordinator: Coordinator): void;
}

/** As this process sees a folder of the other one's namespace. */
const inside = ({ pid }: Coordinator, path: string) => join(`/proc/${pid}/root`, path);

const tmpfs = (data: string): Disk => ({
  prefix: [...NAMESPACE, "sh", "-c", MOUNT, data],
  fill: (coordinator) => {
    const ballast = inside(coordinator, join(data, "ballast"));
    for (let bytes = 1024 * 1024; bytes > 0; bytes = Math.floor(bytes / 2)) {
      try {
        writeFileSync(ballast, Buffer.alloc(bytes), { flag: "a" });
      } catch {
        // So much does not fit any more: less may.
      }
    }
  },
  empty: (coordinator) => rmSync(inside(coordinator, join(data, "ballast"))),
});

const limit = (data: string): Disk => {
  const set = ({ pid }: Coordinator, bytes: string) => {
    const command = `prlimit --pid=${pid} --fsize=${bytes}:`;
    const done = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect(done.status, done.stderr).toBe(0);
  };
  return {
    prefix: [],
    // No file gets larger than the largest there is.
    fill: (coordinator) => {
      const sizes = readdirSync(data, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
      set(coordinator, String(Math.max(...sizes)));
    },
    empty: (coordinator) => set(coordinator, "unlimited"),
  };
};

const linux = process.platform === "linux";
const DISKS: readonly (readonly [string, (data: string) => Disk])[] = linux
  ? [["a limit of file sizes", limit], ...(canMount() ? ([["a file system", tmpfs]] as const) : [])]
  : [];

describe.skipIf(missing("redis") !== null || !linux)("a disk that is full", () => {
  let broker: BrokerServer;
  beforeEach(async () => {
    broker = await startBroker("redis");
  });
  afterEach(() => broker?.stop());

  it.each(DISKS)("by %s ends neither coordinator nor the runs after it", async (_, make) => {
    using folder = scratch();
    await using target = await startTarget();
    const disk = make(folder.path);
    await using coordinator = await Coordinator.start({
      ...{ bus: broker.url, data: folder.path, prefix: disk.prefix },
    });
    await using _worker = startWorker(broker.url, "w1");
    const scenario = echoScenario(target.url, { connections: 20, holdSeconds: 6 });
    const first = await coordinator.submit(scenario);
    type SoFar = { messages: { sent: number } };
    await coordinator.until("there are results", async () => {
      const { body } = await coordinator.get<SoFar>(`/runs/${first}/summary`);
      return body.messages.sent > 20;
    });
    disk.fill(coordinator);
    let said = "";
    await coordinator.until("it is said", async () => {
      said = (await coordinator.info(first)).problem ?? "";
      return said !== "";
    });
    expect(said).toMatch(/cannot write|no space|too large/);
    expect((await coordinator.get("/readyz")).status).toBe(200);
    disk.empty(coordinator);
    // Not to be trusted, and said why; what was measured until then is there.
    expect(await coordinator.over(first)).toMatchObject({ verdict: "invalid", exitCode: 98 });
    const files = readdirSync(inside(coordinator, join(folder.path, first)));
    expect(files.filter((name) => name.includes(".tmp"))).toEqual([]);
    expect(files).toContain("summary.json");
    expect(files).toContain("report.html");
    const next = await coordinator.submit(echoScenario(target.url, { connections: 10 }));
    expect(flawsOf(await coordinator.result(next))).toEqual([]);
    expect(existsSync(inside(coordinator, join(folder.path, next, "summary.json")))).toBe(true);
  });
});

/** Goal: what the kernel's counters gained is told by name, wherever it stands; what it does not tell is unknown. */
import { expect, it } from "vitest";
import { KERNEL_FIELDS } from "../../../shared/wire/frame/kernel.ts";
import { KernelWatch } from "../../../worker/record/kernel-watch.ts";

/** Two columns more than asked for, in an order of their own. */
function files({ sent = 0, again = 0, waiting = 3 }): Record<string, string> {
  return {
    "/proc/net/snmp": `Ip: Forwarding\nIp: 1\nTcp: MaxConn OutSegs RetransSegs\nTcp: -1 ${sent} ${again}\n`,
    "/proc/net/netstat": `TcpExt: SyncookiesSent TCPTimeouts\nTcpExt: 0 ${again * 2}\nIpExt: X\nIpExt: 1\n`,
    "/proc/net/sockstat": `sockets: used 9\nTCP: inuse 7 orphan 0 tw ${waiting} alloc 8 mem 1\nUDP: inuse 3\n`,
  };
}

function named(watch: KernelWatch) {
  const values = watch.sample();
  return Object.fromEntries(
    KERNEL_FIELDS.flatMap((field, at) => (values?.[at] === undefined ? [] : [[field, values[at]]])),
  );
}

it("counts from one look to the next, and gauges as they stand", () => {
  let now = files({ sent: 1000, again: 5 });
  const watch = new KernelWatch((file) => now[file] ?? "");
  now = files({ sent: 1500, again: 7, waiting: 90 });
  expect(named(watch)).toEqual({
    ...{ segmentsSent: 500, segmentsRetransmitted: 2, timeouts: 4 },
    ...{ socketsInUse: 7, socketsInTimeWait: 90, socketsOrphaned: 0 },
  });
  expect(named(watch)).toMatchObject({ segmentsSent: 0, timeouts: 0, socketsInTimeWait: 90 });
});

it("is unknown where there are no such files", () => {
  const watch = new KernelWatch(() => {
    throw new Error("ENOENT");
  });
  expect(watch.sample()).toBeNull();
});

/**
 * What is not about bytes, the same for both drivers: the order of calls, aborting at every moment, requests
 * as they go out, failures of the transport.
 * Method: real sockets on loopback; silence is checked after the other side has seen the connection go.
 */
import { createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  Driver,
  DriverSocket,
  Endpoint,
  OpenRequest,
  SocketEnd,
  SocketOwner,
} from "../../worker/socket/driver.ts";
import { freePort } from "../support/ports.ts";
import { endpointAt, TracingOwner } from "./driver-trace.ts";
import { HostileServer, VALID_RESPONSE } from "./hostile-server.ts";
import { close, ping, pong, text } from "./server-frame.ts";

type Moment = "stage tcp" | "open" | "message" | "pong" | "closing" | "closed" | "fail";

/** Aborts at the given moment and counts what it is told afterwards. */
class AbortingOwner implements SocketOwner {
  socket: DriverSocket | null = null;
  readonly calls: Moment[] = [];
  readonly #at: Moment;
  readonly #reset: boolean;
  readonly aborted: Promise<void>;
  #done: () => void = () => {};

  constructor(at: Moment, reset: boolean) {
    this.#at = at;
    this.#reset = reset;
    this.aborted = new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  #note(moment: Moment): void {
    this.calls.push(moment);
    if (moment !== this.#at) return;
    this.socket?.abort(this.#reset);
    this.#done();
  }

  onStage(): void {
    this.#note("stage tcp");
  }
  onOpen(): void {
    this.#note("open");
  }
  onFail(): void {
    this.#note("fail");
  }
  onMessage(): void {
    this.#note("message");
  }
  onPong(): void {
    this.#note("pong");
  }
  onClosing(): void {
    this.#note("closing");
  }
  onClosed(_end: SocketEnd): void {
    this.#note("closed");
  }
}

let paths = 0;

export function driverLifeSuite(driver: Driver): void {
  let server: HostileServer;
  beforeAll(async () => {
    server = await HostileServer.start();
  });
  afterAll(() => server.stop());

  function requestTo(path: string, changes: Partial<Endpoint> = {}): OpenRequest {
    const endpoint = endpointAt(server.port, changes);
    return { endpoint, path, address: "127.0.0.1", localAddress: null, headers: [] };
  }

  const newPath = () => `/life/${paths++}`;

  function openWith(owner: TracingOwner, request: OpenRequest): DriverSocket {
    const socket = driver.open(request, owner);
    expect(owner.lines).toEqual([]);
    owner.socket = socket;
    return socket;
  }

  describe(`${driver.name} driver: abort`, () => {
    const frames = [Buffer.concat([text("a"), text("b"), pong(Buffer.from("c")), close(1000)])];
    const all: readonly Moment[] = [
      "stage tcp",
      "open",
      "message",
      "message",
      "pong",
      "closing",
      "closed",
    ];
    const moments = [...new Set(all)].flatMap((at) =>
      [true, false].map((reset) => [at, reset] as const),
    );

    it.each(moments)("at %s (reset: %s) ends all calls", async (at, reset) => {
      const path = newPath();
      server.script(path, { frames, glued: true });
      const owner = new AbortingOwner(at, reset);
      owner.socket = driver.open(requestTo(path), owner);
      await owner.aborted;
      while (server.connections > 0) await delay(1);
      await delay(5);
      expect(owner.calls).toEqual(all.slice(0, all.indexOf(at) + 1));
      owner.socket.abort(true);
      owner.socket.close(1000);
      owner.socket.send(Buffer.from("x"), true);
      owner.socket.ping(Buffer.alloc(0));
    });

    it("right after open() tells the owner nothing", async () => {
      const owner = new TracingOwner(driver);
      const path = newPath();
      server.script(path, {});
      openWith(owner, requestTo(path)).abort(false);
      await delay(20);
      expect(owner.lines).toEqual([]);
    });

    it("while connecting to a port where nobody listens tells the owner nothing", async () => {
      const owner = new TracingOwner(driver);
      const endpoint = endpointAt(await freePort());
      openWith(owner, { ...requestTo("/"), endpoint }).abort(true);
      await delay(20);
      expect(owner.lines).toEqual([]);
    });

    it("during the upgrade tells the owner nothing more", async () => {
      const owner = new TracingOwner(driver);
      const path = newPath();
      server.script(path, { response: null });
      const socket = openWith(owner, requestTo(path));
      while (owner.lines.length === 0) await delay(1);
      await delay(5);
      socket.abort(true);
      while (server.connections > 0) await delay(1);
      expect(owner.lines).toEqual(["stage tcp"]);
    });

    it.each([
      [true, "ECONNRESET"],
      [false, "end"],
    ])("with reset %s is seen by the server as %s", async (reset, ended) => {
      const path = newPath();
      server.script(path, {});
      const owner = new TracingOwner(driver);
      openWith(owner, requestTo(path));
      await owner.opened;
      owner.socket?.abort(reset);
      await server.account(path).gone;
      expect(server.account(path).ended).toBe(ended);
      expect(owner.lines).toEqual(["stage tcp", "open"]);
    });

    it("after close() is silent", async () => {
      const path = newPath();
      server.script(path, { ending: "never" });
      const owner = new TracingOwner(driver);
      openWith(owner, requestTo(path));
      await owner.opened;
      owner.socket?.close(1000);
      while (server.account(path).wire.length === 0) await delay(1);
      owner.socket?.abort(true);
      await server.account(path).gone;
      expect(owner.lines).toEqual(["stage tcp", "open"]);
      expect(server.account(path).wire).toEqual(['close 1000 ""']);
    });
  });

  describe(`${driver.name} driver: life`, () => {
    it("ignores everything but abort until it is open", async () => {
      const path = newPath();
      server.script(path, { frames: [close(1000)] });
      const owner = new TracingOwner(driver);
      const socket = openWith(owner, requestTo(path));
      expect(socket.send(Buffer.from("early"), false)).toBe(true);
      socket.ping(Buffer.from("early"));
      socket.close(1000);
      expect(socket.bufferedBytes()).toBe(0);
      await owner.over;
      await server.account(path).gone;
      expect(owner.lines).toEqual([
        "stage tcp",
        "open",
        "closing",
        'closed 1000 "" clean by server',
      ]);
      expect(server.account(path).wire).toEqual(['close 1000 ""']);
    });

    it("says that it is closing when the server never ends the connection", async () => {
      const path = newPath();
      server.script(path, { frames: [close(1001)], ending: "never" });
      const owner = new TracingOwner(driver);
      const socket = openWith(owner, requestTo(path));
      while (!owner.lines.includes("closing")) await delay(1);
      expect(socket.send(Buffer.from("late"), false)).toBe(true);
      socket.ping(Buffer.from("late"));
      socket.close(1000);
      while (server.account(path).wire.length === 0) await delay(1);
      expect(owner.lines).toEqual(["stage tcp", "open", "closing"]);
      socket.abort(true);
      server.hangUp();
      await server.account(path).gone;
      expect(owner.lines).toEqual(["stage tcp", "open", "closing"]);
      expect(server.account(path).wire).toEqual(['close 1001 ""']);
    });

    it("knows the server's Close for the first when ours comes in between", async () => {
      const path = newPath();
      server.script(path, { frames: [Buffer.concat([text("now"), close(1001)])] });
      const owner = new TracingOwner(driver);
      const socket = openWith(owner, requestTo(path));
      // Runs after the driver has read both frames, before it has left its turn.
      owner.onMessage = () => process.nextTick(() => socket.close(1000));
      await owner.over;
      await server.account(path).gone;
      const lines = ["stage tcp", "open", "closing", 'closed 1001 "" clean by server'];
      expect(owner.lines).toEqual(lines);
      expect(server.account(path).wire).toEqual(['close 1001 ""']);
    });

    it("answers pings in order", async () => {
      const path = newPath();
      server.script(path, { frames: [ping(Buffer.from("1")), ping(Buffer.from("2")), close()] });
      const owner = new TracingOwner(driver);
      openWith(owner, requestTo(path));
      await owner.over;
      await server.account(path).gone;
      expect(server.account(path).wire).toEqual(['pong "1"', 'pong "2"', "close empty"]);
    });

    it("rejects a close code that must not be sent", async () => {
      const path = newPath();
      server.script(path, {});
      const owner = new TracingOwner(driver);
      const socket = openWith(owner, requestTo(path));
      await owner.opened;
      for (const code of [999, 1005, 1006, 1015, 2000, 5000]) {
        expect(() => socket.close(code)).toThrow("cannot be sent");
      }
      socket.close(3000);
      await owner.over;
      expect(owner.lines.at(-1)).toBe('closed 3000 "" clean by client');
    });
  });

  describe(`${driver.name} driver: requests`, () => {
    async function headOf(request: OpenRequest): Promise<string[]> {
      server.script(request.path, {
        response: VALID_RESPONSE.replace("\r\n\r\n", protocolLine(request)),
        frames: [close(1000)],
      });
      const owner = new TracingOwner(driver);
      openWith(owner, request);
      await owner.over;
      expect(owner.lines.at(-1)).toBe('closed 1000 "" clean by server');
      return server
        .account(request.path)
        .requestHead.split("\r\n")
        .filter((line) => line !== "");
    }

    function protocolLine(request: OpenRequest): string {
      const [first] = request.endpoint.subprotocols;
      return first === undefined ? "\r\n\r\n" : `\r\nSec-WebSocket-Protocol: ${first}\r\n\r\n`;
    }

    const keyOf = (head: readonly string[]) =>
      head.find((line) => /^sec-websocket-key:/i.test(line))?.replace(/^.*: /, "") ?? "";

    it("are GET upgrades with a fresh key each", async () => {
      const path = `${newPath()}?a=b&c=%20/../d`;
      const heads = [await headOf(requestTo(path)), await headOf(requestTo(path))];
      for (const head of heads) {
        expect(head[0]).toBe(`GET ${path} HTTP/1.1`);
        const rest = head.slice(1).map((line) => line.toLowerCase());
        expect(rest).toContain(`host: 127.0.0.1:${server.port}`);
        expect(rest).toContain("upgrade: websocket");
        expect(rest).toContain("connection: upgrade");
        expect(rest).toContain("sec-websocket-version: 13");
        expect(rest).toHaveLength(5);
        expect(Buffer.from(keyOf(head), "base64")).toHaveLength(16);
      }
      expect(keyOf(heads[0] ?? [])).not.toBe(keyOf(heads[1] ?? []));
    });

    it("carry the headers of the endpoint and the connection, repeated names included", async () => {
      const request = {
        ...requestTo(newPath(), {
          headers: [
            ["Origin", "https://app.example"],
            ["X-Trace", "one"],
          ],
        }),
        headers: [
          ["Authorization", "Bearer s3cret"],
          ["X-Trace", "two"],
        ] as const,
      };
      const head = await headOf(request);
      expect(head).toContain("Origin: https://app.example");
      expect(head).toContain("Authorization: Bearer s3cret");
      expect(head).toContain("X-Trace: one");
      expect(head).toContain("X-Trace: two");
    });

    it("take another Host, the connection's before the endpoint's", async () => {
      const changes: Partial<Endpoint> = { headers: [["host", "vhost.example"]] };
      const hostsOf = (head: readonly string[]) =>
        head.filter((line) => /^host:/i.test(line)).map((line) => line.toLowerCase());
      expect(hostsOf(await headOf(requestTo(newPath(), changes)))).toEqual(["host: vhost.example"]);
      const request = {
        ...requestTo(newPath(), changes),
        headers: [["Host", "own.example"]] as const,
      };
      expect(hostsOf(await headOf(request))).toEqual(["host: own.example"]);
    });

    it("ask for subprotocols, and keep the driver's own headers to the driver", async () => {
      const head = await headOf(
        requestTo(newPath(), {
          subprotocols: ["chat.v2", "chat.v1"],
          headers: [
            ["Sec-WebSocket-Key", "AAAA"],
            ["Connection", "close"],
            ["Sec-WebSocket-Extensions", "permessage-deflate"],
          ],
        }),
      );
      expect(head.join("\n")).toMatch(/^Sec-WebSocket-Protocol: chat\.v2, chat\.v1$/m);
      expect(head.filter((line) => /^sec-websocket-key:/i.test(line))).toHaveLength(1);
      expect(keyOf(head)).not.toBe("AAAA");
      expect(head.join("\n")).not.toMatch(/close|permessage/i);
    });

    it("go out from the local address", async () => {
      const seen: string[] = [];
      const listener = createServer((socket: Socket) => {
        seen.push(socket.remoteAddress ?? "");
        socket.destroy();
      });
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
      const endpoint = endpointAt((listener.address() as { port: number }).port);
      const owner = new TracingOwner(driver);
      openWith(owner, { ...requestTo("/"), endpoint, localAddress: "127.0.0.1" });
      await owner.over;
      listener.close();
      expect(seen).toEqual(["127.0.0.1"]);
    });

    it.each([
      ["a line break in a header", { headers: [["X-Bad", "a\r\nX-Injected: b"]] }],
      ["a line break in a header's name", { headers: [["X-Bad\r\nX", "a"]] }],
      ["a character beyond Latin-1 in a header", { headers: [["X-Bad", "\u{1F642}"]] }],
      ["an invalid subprotocol", { subprotocols: ["a b"] }],
      ["a duplicate subprotocol", { subprotocols: ["a", "a"] }],
    ] satisfies [string, Partial<Endpoint>][])(
      "fail on %s without connecting",
      async (_, changes) => {
        const owner = new TracingOwner(driver);
        openWith(owner, requestTo(newPath(), changes));
        await owner.over;
        expect(owner.lines).toHaveLength(1);
        expect(owner.lines[0]).toMatch(/^fail scenario-value: (request|invalid|duplicate)/);
      },
    );

    it.each(["", "no-slash", "/a b", "/a\r\nX: y", "/\u00e9"])(
      "fail on the path %j",
      async (path) => {
        const owner = new TracingOwner(driver);
        const socket = openWith(owner, requestTo(path));
        await owner.over;
        expect(owner.lines).toEqual([
          "fail scenario-value: request path has characters that must be escaped",
        ]);
        socket.abort(true);
      },
    );

    it("that cannot be sent are silent after abort", async () => {
      const owner = new TracingOwner(driver);
      openWith(owner, requestTo("no-slash")).abort(false);
      await delay(5);
      expect(owner.lines).toEqual([]);
    });
  });

  describe(`${driver.name} driver: transport failures`, () => {
    async function failing(request: OpenRequest): Promise<readonly string[]> {
      const owner = new TracingOwner(driver);
      openWith(owner, request);
      await owner.over;
      await delay(5);
      return owner.lines;
    }

    it("names a refused connection", async () => {
      const endpoint = endpointAt(await freePort());
      expect(await failing({ ...requestTo("/"), endpoint })).toEqual([
        "fail tcp-refused: ECONNREFUSED",
      ]);
    });

    it("names a local address that is not ours a shortage of the generator", async () => {
      // 192.0.2.0/24 is reserved for documentation (RFC 5737), so no host has it.
      const request = { ...requestTo("/"), localAddress: "192.0.2.1" };
      expect(await failing(request)).toEqual(["fail generator-ports: EADDRNOTAVAIL"]);
    });
  });
}

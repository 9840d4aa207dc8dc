/** How client commands deal with what stands between them and a coordinator: an ingress, a proxy, a coordinator that moves. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../../../coordinator/cli/client/api-client.ts";
import { readEvents } from "../../../coordinator/cli/client/event-stream.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let seen: IncomingMessage[] = [];
let answers: Handler[] = [];
let said: string[] = [];

beforeEach(async () => {
  [seen, answers, said] = [[], [], []];
  server = createServer((request, response) => {
    seen.push(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    request.resume();
    answer?.(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

function client(path = ""): ApiClient {
  const { port } = server.address() as AddressInfo;
  const coordinator = `http://127.0.0.1:${port}${path}`;
  return new ApiClient({ coordinator, token: "t-1", say: (line) => said.push(line) });
}

const json =
  (value: object): Handler =>
  (_, response) =>
    response.end(JSON.stringify(value));
const status =
  (code: number, headers: Record<string, string> = {}, text = "<html>nginx</html>"): Handler =>
  (_, response) =>
    response.writeHead(code, headers).end(text);
const reset: Handler = ({ socket }) => socket.destroy();

describe("an address with a path", () => {
  it.each([
    ["", "/api/v1/runs"],
    ["/", "/api/v1/runs"],
    ["/onrush", "/onrush/api/v1/runs"],
    ["/load/onrush/", "/load/onrush/api/v1/runs"],
  ])("%s", async (path, asked) => {
    answers = [json({ runs: [] })];
    expect(await client(path).call("GET", "/runs")).toEqual({ runs: [] });
    expect(seen.map(({ url }) => url)).toEqual([asked]);
    expect(seen[0]?.headers.authorization).toBe("Bearer t-1");
    expect(client(path).urlOf("/runs/a/report.html")).toContain(`${asked}/a/report.html`);
  });
});

describe("a coordinator that moves", () => {
  const problem = JSON.stringify({ detail: "not the lead", code: "ONRUSH_COORDINATOR_TAKEN" });

  it("is asked again, with the same key, whatever the ingress answers meanwhile", async () => {
    answers = [
      status(502),
      status(503, { "retry-after": "1" }, problem),
      status(504),
      reset,
      status(201, {}, JSON.stringify({ id: "run-1" })),
    ];
    const body = { type: "application/json", text: "{}", key: "key-1" };
    expect(await client().call("POST", "/runs", body)).toEqual({ id: "run-1" });
    expect(seen.map(({ headers }) => headers["idempotency-key"])).toEqual(Array(5).fill("key-1"));
    expect(said).toEqual(["the coordinator answers: status 502; asking again"]);
  });

  it.each([
    ["stop", "POST", "/runs/a/actions/stop"],
    ["runs", "GET", "/runs"],
    ["drain", "POST", "/workers/a/drain"],
  ])("%s is asked again, too", async (_name, method, path) => {
    answers = [status(503), status(204, {}, "")];
    expect(await client().call(method, path)).toBe(null);
    expect(seen).toHaveLength(2);
  });

  it("is not asked again for what will not change", async () => {
    for (const code of [400, 401, 403, 404, 409, 422, 500]) {
      seen = [];
      answers = [status(code, {}, JSON.stringify({ detail: "no" }))];
      await expect(client().call("GET", "/runs")).rejects.toThrow("the coordinator answers: no");
      expect(seen).toHaveLength(1);
    }
  });
});

describe("what is no coordinator", () => {
  it("nobody listens: said at once", async () => {
    const gone = client();
    server.close();
    await once(server, "close");
    await expect(gone.call("GET", "/runs")).rejects.toMatchObject({
      code: "ONRUSH_COORDINATOR_UNREACHABLE",
      exitCode: 98,
    });
    expect(said).toEqual([]);
  });

  it("a page where JSON is expected", async () => {
    answers = [status(200, { "content-type": "text/html" })];
    await expect(client().call("GET", "/runs")).rejects.toMatchObject({
      code: "ONRUSH_COORDINATOR_UNREACHABLE",
      message: expect.stringContaining("is no coordinator"),
    });
  });

  it.each([301, 302, 307, 308])("%i names the address to use", async (code) => {
    answers = [status(code, { location: "https://onrush.example/api/v1/runs" })];
    await expect(client().call("POST", "/runs")).rejects.toMatchObject({
      code: "ONRUSH_USAGE",
      message: expect.stringContaining("https://onrush.example/api/v1/runs"),
    });
    expect(seen).toHaveLength(1);
  });
});

describe("events through a proxy", () => {
  async function read(handler: Handler): Promise<readonly string[]> {
    answers = [handler];
    const { body } = await client().open("/runs/a/stream", {});
    const kinds: string[] = [];
    if (body === null) return kinds;
    for await (const { kind } of readEvents(body, 500)) kinds.push(kind);
    return kinds;
  }

  it("that cuts them into pieces come whole", async () => {
    const text = "id: 1\nevent: view\ndata: {}\n\n: still here\n\nid: 2\nevent: end\ndata: {}\n\n";
    const kinds = await read((_, response) => {
      for (const letter of text) response.write(letter);
      response.end();
    });
    expect(kinds).toEqual(["view", "end"]);
  });

  it("that keeps them end the reading, so that it is tried again", async () => {
    await expect(
      read((_, response) => void response.writeHead(200).flushHeaders()),
    ).rejects.toThrow("nothing came for 0.5 s");
  });

  it("that breaks off end the reading, too", async () => {
    const broken = read((_, response) => {
      response.write("event: view\ndata: {}\n\n", () => response.destroy());
    });
    await expect(broken).rejects.toThrow();
  });
});

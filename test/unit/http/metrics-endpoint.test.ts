/** Goal: the endpoint of a run answers scrapers and nobody else, and says so when it cannot listen. Method: real sockets. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { openMetricsEndpoint } from "../../../coordinator/http/metrics/metrics-endpoint.ts";
import { runMeasures } from "../../../coordinator/live/measures.ts";
import { OnrushError } from "../../../shared/errors.ts";
import { parseExposition } from "../../support/exposition.ts";
import { freePort } from "../../support/ports.ts";
import { goodRun } from "../merge/synthetic-run.ts";

const LOCAL = { host: "127.0.0.1", port: 0 };

function measures() {
  return runMeasures(goodRun(), { state: "running", elapsedUs: 1 });
}

describe("the endpoint of a run", () => {
  it("answers what there is at that moment", async () => {
    let known = false;
    const endpoint = await openMetricsEndpoint(LOCAL, () => (known ? measures() : null));
    try {
      expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/metrics$/);
      const before = await fetch(endpoint.url);
      expect(before.status).toBe(200);
      expect(before.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      expect([...parseExposition(await before.text()).keys()]).toEqual(["onrush_build_info"]);
      known = true;
      const families = parseExposition(await (await fetch(`${endpoint.url}?x=1`)).text());
      expect(families.get("onrush_run_frames_total")?.samples).toEqual([
        { name: "onrush_run_frames_total", labels: { run: "r1" }, value: 7 },
      ]);
      const head = await fetch(endpoint.url, { method: "HEAD" });
      expect([head.status, await head.text()]).toEqual([200, ""]);
    } finally {
      await endpoint.close();
    }
    await expect(fetch(endpoint.url)).rejects.toThrow();
  });

  it("refuses other paths, other methods, and pages of other sites", async () => {
    const endpoint = await openMetricsEndpoint(LOCAL, measures);
    try {
      expect((await fetch(new URL("/", endpoint.url))).status).toBe(404);
      const post = await fetch(endpoint.url, { method: "POST", body: "x" });
      expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
      for (const [host, status] of [
        ["evil.example", 403],
        ["evil.example:9464", 403],
        ["localhost:1", 200],
        ["[::1]:9464", 200],
      ] as const) {
        const asked = request(endpoint.url, { headers: { host } }).end();
        const [response] = (await once(asked, "response")) as [IncomingMessage];
        response.resume();
        expect(response.statusCode, host).toBe(status);
      }
    } finally {
      await endpoint.close();
    }
  });

  it("answers to any name when it listens to other machines", async () => {
    const endpoint = await openMetricsEndpoint({ host: "0.0.0.0", port: 0 }, measures);
    try {
      const { port } = new URL(endpoint.url);
      const asked = request(`http://127.0.0.1:${port}/metrics`, { headers: { host: "gen-1" } });
      const [response] = (await once(asked.end(), "response")) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(200);
    } finally {
      await endpoint.close();
    }
  });

  it("says what is in its way and how to mend it", async () => {
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    try {
      const failed = openMetricsEndpoint({ host: "127.0.0.1", port }, measures);
      await expect(failed).rejects.toThrow(OnrushError);
      await expect(failed).rejects.toMatchObject({
        code: "ONRUSH_ADDRESS_UNUSABLE",
        exitCode: 98,
        message: expect.stringContaining(`127.0.0.1:${port}`),
        remedy: expect.stringContaining("--out prometheus="),
      });
    } finally {
      other.close();
    }
  });
});

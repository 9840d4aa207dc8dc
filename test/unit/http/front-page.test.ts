/** Goal: a browser at the coordinator's address finds its way. Method: the server itself, asked without a socket. */
import { expect, it } from "vitest";
import { buildServer } from "../../../coordinator/http/server.ts";
import type { Service } from "../../../coordinator/service/service.ts";
import { createLog } from "../../../shared/log.ts";

it("/ links to what is there, and needs no token; /docs bears our name and says what it is", async () => {
  const app = await buildServer({
    service: { fleet: { sessions: [], waiting: [], trouble: null } } as unknown as Service,
    lead: { held: true, standing: async () => "leads" },
    tokens: null,
    local: true,
    log: createLog("coordinator", "error", () => {}),
  });
  try {
    const at = (url: string) => app.inject({ url, headers: { host: "127.0.0.1" } });
    const page = await at("/");
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toContain("text/html");
    expect(page.body).not.toMatch(/<script|https?:\/\//);
    const links = [...page.body.matchAll(/href="([^"]+)"/g)].map(([, path = ""]) => path);
    expect(links).toContain("/docs");
    for (const path of links.filter((link) => !link.startsWith("/api/"))) {
      expect((await at(path)).statusCode, path).not.toBe(404);
    }
    expect(app.swagger().info?.description).toContain("load tests of WebSocket services");
    const script = (await at("/docs/static/swagger-initializer.js")).body;
    const logo = /data:image\/svg\+xml;base64,([A-Za-z0-9+/=]+)/.exec(script)?.[1] ?? "";
    expect(Buffer.from(logo, "base64").toString()).toContain(">Onrush<");
  } finally {
    await app.close();
  }
});

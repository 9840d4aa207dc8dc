/**
 * TLS, the same for both drivers. Goal: a good certificate connects, every bad one fails with its own kind
 * and code, and what a message looks like does not depend on the transport.
 * Method: real TLS servers on loopback with certificates made on the spot.
 */
import type { TlsOptions } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Driver, Endpoint } from "../../worker/socket/driver.ts";
import { makeAuthority, makeLeaf } from "./certificates.ts";
import { CLOSED_BY_SERVER } from "./driver-case.ts";
import { type ClientScript, endpointAt, PLAIN_TLS, TracingOwner } from "./driver-trace.ts";
import { type Account, HostileServer, type Script } from "./hostile-server.ts";
import { binary, close, show, text } from "./server-frame.ts";

const authority = makeAuthority("onrush test authority");
const stranger = makeAuthority("another authority");
const good = makeLeaf(authority, { name: "good", dns: ["good.test"], ips: ["127.0.0.1"] });

interface Attempt {
  readonly tls?: Partial<Endpoint["tls"]>;
  readonly host?: string;
  readonly script?: Script;
  readonly client?: ClientScript;
}

interface Result {
  readonly lines: readonly string[];
  readonly account: Account | null;
}

const GOOD_SCRIPT: Script = { frames: [text("over TLS"), close(1000)] };
const STAGES = ["stage tcp", "stage tls"];
const GOOD_LINES = [...STAGES, "open", 'text "over TLS"', ...CLOSED_BY_SERVER];

export function driverTlsSuite(driver: Driver): void {
  async function attempt(server: HostileServer, what: Attempt): Promise<Result> {
    server.script("/tls", what.script ?? GOOD_SCRIPT);
    const owner = new TracingOwner(driver, what.client);
    const endpoint = endpointAt(server.port, {
      secure: true,
      host: what.host ?? "good.test",
      tls: { ...PLAIN_TLS, ca: authority.cert, ...what.tls },
    });
    owner.socket = driver.open(
      { endpoint, path: "/tls", address: "127.0.0.1", localAddress: null, headers: [] },
      owner,
    );
    await owner.over;
    const isOpen = owner.lines.includes("open");
    if (isOpen) await server.account("/tls").gone;
    return { lines: owner.lines, account: isOpen ? server.account("/tls") : null };
  }

  async function against(tls: TlsOptions, what: Attempt): Promise<Result> {
    const server = await HostileServer.start(tls);
    try {
      return await attempt(server, what);
    } finally {
      await server.stop();
    }
  }

  describe(`${driver.name} driver: TLS`, () => {
    let server: HostileServer;
    beforeAll(async () => {
      server = await HostileServer.start({ cert: good.cert, key: good.key });
    });
    afterAll(() => server.stop());

    it("connects by name with its own authority", async () => {
      const { lines, account } = await attempt(server, {});
      expect(lines).toEqual(GOOD_LINES);
      expect(account?.requestHead).toMatch(/^host: good\.test:\d+\r$/im);
    });

    it("connects by address", async () => {
      expect((await attempt(server, { host: "127.0.0.1" })).lines).toEqual(GOOD_LINES);
    });

    it("checks the certificate against servername when there is one, and sends it as SNI", async () => {
      const names: string[] = [];
      const tls: TlsOptions = {
        cert: good.cert,
        key: good.key,
        SNICallback: (name, done) => {
          names.push(name);
          done(null);
        },
      };
      const asked = { host: "elsewhere.test", tls: { servername: "good.test" } };
      expect((await against(tls, asked)).lines).toEqual(GOOD_LINES);
      expect(names).toEqual(["good.test"]);
    });

    it("carries large messages both ways, cut into records", async () => {
      const payload = Buffer.alloc(300_000, "0123456789");
      const { lines, account } = await attempt(server, {
        script: { frames: [binary(payload)] },
        client: { echo: true, closeAfter: { messages: 1, code: 1000 } },
      });
      const line = `binary ${show(payload)}`;
      expect(lines).toEqual([...STAGES, "open", line, 'closed 1000 "" clean by client']);
      expect(account?.wire).toEqual([line, 'close 1000 ""']);
    });

    it("takes frames in the record of the 101", async () => {
      const script = { ...GOOD_SCRIPT, glued: true };
      expect((await attempt(server, { script })).lines).toEqual(GOOD_LINES);
    });

    it("names an unknown authority", async () => {
      const { lines } = await attempt(server, { tls: { ca: stranger.cert } });
      expect(lines).toEqual(["stage tcp", "fail tls-certificate: UNABLE_TO_VERIFY_LEAF_SIGNATURE"]);
    });

    it("connects to an unknown authority when told not to check", async () => {
      const tls = { ca: stranger.cert, rejectUnauthorized: false };
      expect((await attempt(server, { tls })).lines).toEqual(GOOD_LINES);
    });

    it("names a wrong host name", async () => {
      const { lines } = await attempt(server, { host: "bad.test" });
      expect(lines).toEqual(["stage tcp", "fail tls-certificate: ERR_TLS_CERT_ALTNAME_INVALID"]);
    });

    it.each([
      ["expired", { fromDays: -20, toDays: -10 }, "CERT_HAS_EXPIRED"],
      ["not valid yet", { fromDays: 10, toDays: 20 }, "CERT_NOT_YET_VALID"],
    ])("names a certificate that is %s", async (_, days, code) => {
      const bad = makeLeaf(authority, { name: "bad", dns: ["good.test"], ...days });
      const { lines } = await against({ cert: bad.cert, key: bad.key }, {});
      expect(lines).toEqual(["stage tcp", `fail tls-certificate: ${code}`]);
    });

    it("names a self-signed certificate", async () => {
      const own = { cert: stranger.cert, key: stranger.key };
      const { lines } = await against(own, {});
      expect(lines).toEqual(["stage tcp", "fail tls-certificate: DEPTH_ZERO_SELF_SIGNED_CERT"]);
    });

    it("shows its own certificate", async () => {
      const own = makeLeaf(authority, { name: "client" });
      const tls: TlsOptions = {
        cert: good.cert,
        key: good.key,
        ca: authority.cert,
        requestCert: true,
        rejectUnauthorized: true,
      };
      expect((await against(tls, { tls: own })).lines).toEqual(GOOD_LINES);
      const { lines } = await against(tls, {});
      expect(lines.at(-1)).toMatch(/^fail (tls-handshake|upgrade-reset): /);
    });

    it("names a server that does not speak TLS", async () => {
      const plain = await HostileServer.start();
      plain.script("/", { response: "HTTP/1.1 400 Bad Request\r\n\r\n", afterBytes: 1 });
      const { lines } = await attempt(plain, {});
      await plain.stop();
      expect(lines[0]).toBe("stage tcp");
      expect(lines[1]).toMatch(/^fail tls-handshake: (ERR_SSL_|EPROTO)/);
      expect(lines).toHaveLength(2);
    });

    it("names an end during the TLS handshake", async () => {
      const plain = await HostileServer.start();
      plain.script("/", { response: null, afterBytes: 1, ending: "end" });
      const { lines } = await attempt(plain, {});
      await plain.stop();
      expect(lines).toEqual(["stage tcp", "fail tls-handshake: hang-up"]);
    });

    it("names a reset during the TLS handshake", async () => {
      const plain = await HostileServer.start();
      plain.script("/", { response: null, afterBytes: 1, ending: "reset" });
      const { lines } = await attempt(plain, {});
      await plain.stop();
      expect(lines).toEqual(["stage tcp", "fail tls-handshake: ECONNRESET"]);
    });
  });
}

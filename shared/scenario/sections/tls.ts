/**
 * `connect.tls`: certificates for wss:// targets. Called by connect.ts. Invariant: what is returned are PEM texts that can
 * be used, and a key only with the certificate it belongs to.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import * as z from "zod";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { about, byDefault, file, strict, text } from "../shape/fields.ts";
import { literal } from "../shape/literal.ts";
import type { StrictTls } from "../strict.ts";
import { quoted } from "../units.ts";
import { readNamed } from "./named-file.ts";
import type { Scene } from "./section.ts";

const MAX_PEM_BYTES = 1024 ** 2;

export function tls() {
  return strict({
    ca: about(file().optional(), "PEM file with the authorities to trust.", "ca.pem"),
    cert: about(file().optional(), "PEM file with the client certificate.", "cert.pem"),
    key: about(file().optional(), "PEM file with its private key.", "key.pem"),
    servername: about(text(255).optional(), "Name for SNI and verification.", "chat.example"),
    verify: byDefault(z.boolean(), true, "false accepts any certificate: only for tests.", false),
  });
}

export const NO_TLS: StrictTls = {
  ca: null,
  cert: null,
  key: null,
  servername: null,
  rejectUnauthorized: true,
};

type TlsShape = ReturnType<typeof tls>;
type Tls = z.output<TlsShape>;

/** Reads and checks the files. @param path of `tls` */
export function checkTls(value: Tls, path: Path, scene: Scene): StrictTls {
  const pem = (key: "ca" | "cert" | "key", kind: RegExp): string | null => {
    const named = value[key];
    const at = [...path, key];
    const content = named === undefined ? null : readNamed(named, at, scene);
    if (named === undefined || content === null) return null;
    const pemText = content.subarray(0, MAX_PEM_BYTES).toString();
    if (content.length <= MAX_PEM_BYTES && kind.test(pemText)) return pemText;
    const wanted = key === "key" ? "private key" : "certificate";
    scene.log.add(at, `${quoted(named)} is not a PEM file with a ${wanted}`, "");
    return null;
  };
  const ca = pem("ca", /-----BEGIN CERTIFICATE-----/);
  const cert = pem("cert", /-----BEGIN CERTIFICATE-----/);
  const key = pem("key", /-----BEGIN (?:\w+ )*PRIVATE KEY-----/);
  checkPair(value, { ca, cert, key }, { path, log: scene.log });
  const { servername = null, verify } = value;
  return { ca, cert, key, servername, rejectUnauthorized: verify };
}

/** Certificate and key come together, can be read, and belong together. */
function checkPair(
  value: Tls,
  { ca, cert, key }: Pick<StrictTls, "ca" | "cert" | "key">,
  { path, log }: { readonly path: Path; readonly log: IssueLog },
): void {
  const at = (name: string): Path => [...path, name];
  if (value.cert !== undefined && value.key === undefined) {
    log.add(at("cert"), "the certificate has no key", "add key: key.pem");
  }
  if (value.key !== undefined && value.cert === undefined) {
    log.add(at("key"), "the key has no certificate", "add cert: cert.pem");
  }
  if (ca !== null) attempt(() => new X509Certificate(ca), at("ca"), log);
  const certificate =
    cert === null ? null : attempt(() => new X509Certificate(cert), at("cert"), log);
  if (key?.includes("ENCRYPTED")) {
    const hint = "decrypt it: openssl pkey -in key.pem -out plain.pem";
    log.add(at("key"), "the private key is encrypted", hint);
    return;
  }
  const privateKey = key === null ? null : attempt(() => createPrivateKey(key), at("key"), log);
  if (certificate === null || privateKey === null || certificate.checkPrivateKey(privateKey))
    return;
  log.add(at("key"), "the key does not belong to the certificate", "");
}

function attempt<T>(make: () => T, at: Path, log: IssueLog): T | null {
  try {
    return make();
  } catch {
    log.add(at, "the PEM file is damaged", "make it again, or check that it was copied whole");
    return null;
  }
}

/** The files as they were named. */
export function writtenTls(
  { rejectUnauthorized }: StrictTls,
  { ca, cert, key, servername }: z.input<TlsShape>,
): z.input<TlsShape> {
  const texts = Object.entries({ ca, cert, key, servername }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, literal(value)] as const],
  );
  return { ...Object.fromEntries(texts), verify: rejectUnauthorized };
}

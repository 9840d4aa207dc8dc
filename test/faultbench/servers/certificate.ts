/**
 * Certificates for servers of the benchmark that serve TLS, made by the openssl command. Called by live-run.ts. Invariants: each is for
 * 127.0.0.1, signed by its own key, and ran out years ago or is good for years; keys lie in the run's temporary folder alone.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const CONFIGURATION = `
[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = names
x509_extensions = parts
[names]
commonName = supplied
[parts]
subjectAltName = IP:127.0.0.1
basicConstraints = critical, CA:true
[req]
distinguished_name = names
`;

export interface Certificate {
  /** PEM files. */
  readonly cert: string;
  readonly key: string;
}

/**
 * @param folder is made
 * @param rsaBits null: an elliptic curve, which costs next to nothing
 * @throws Error when there is no openssl
 */
export function makeCertificate(
  folder: string,
  { rsaBits, isExpired }: { readonly rsaBits: number | null; readonly isExpired: boolean },
): Certificate {
  mkdirSync(folder);
  const openssl = (text: string) =>
    execFileSync("openssl", text.split(" "), { cwd: folder, stdio: "ignore" });
  writeFileSync(join(folder, "configuration"), CONFIGURATION);
  writeFileSync(join(folder, "index"), "");
  writeFileSync(join(folder, "serial"), "01");
  const kind = rsaBits === null ? "ec -pkeyopt ec_paramgen_curve:prime256v1" : `rsa:${rsaBits}`;
  openssl(
    `req -config configuration -new -newkey ${kind} -nodes -subj /CN=${basename(folder)} -keyout key.pem -out request.pem`,
  );
  const [from, to] = isExpired ? ["20", "21"] : ["20", "49"];
  openssl(
    `ca -config configuration -batch -selfsign -notext -keyfile key.pem -in request.pem -out cert.pem -startdate 20${from}0101000000Z -enddate 20${to}0101000000Z`,
  );
  return { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
}

/** Options of the servers that serve TLS. */
export function certificateOptions({ cert, key }: Certificate): readonly string[] {
  return ["--tls-cert", cert, "--tls-key", key];
}

/** All of them in one file, for a client to trust. */
export function writeTrusted(file: string, certificates: readonly Certificate[]): void {
  writeFileSync(file, certificates.map(({ cert }) => readFileSync(cert, "utf8")).join(""));
}

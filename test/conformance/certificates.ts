/**
 * X.509 certificates made while the tests run (RFC 5280, P-256): an authority, and leaves that are good,
 * expired or for another name. Written out in DER, so no binary and no stored key is needed.
 */
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface LeafOptions {
  readonly name: string;
  /** Subject alternative names. */
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  /** Days from now; negative is in the past. */
  readonly fromDays?: number;
  readonly toDays?: number;
}

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
const COMMON_NAME = oid([0x55, 0x04, 0x03]);
const SUBJECT_ALT_NAME = oid([0x55, 0x1d, 0x11]);
const BASIC_CONSTRAINTS = oid([0x55, 0x1d, 0x13]);

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const TRUE = der(0x01, Buffer.from([0xff]));

function oid(bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(name)))));
}

function utcTime(days: number): Buffer {
  const iso = new Date(Date.now() + days * DAY_MS).toISOString();
  return der(0x17, Buffer.from(`${iso.slice(2, 19).replace(/[-:T]/g, "")}Z`));
}

function extension(id: Buffer, value: Buffer, critical = false): Buffer {
  return sequence(id, ...(critical ? [TRUE] : []), der(0x04, value));
}

interface Signing {
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly subjectKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function issue(options: LeafOptions, signing: Signing): Certificate {
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(8)]);
  const publicKey = createPublicKey(signing.subjectKey);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    sequence(ECDSA_SHA256),
    distinguishedName(signing.issuer),
    sequence(utcTime(options.fromDays ?? -1), utcTime(options.toDays ?? 30)),
    distinguishedName(options.name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...signing.extensions)),
  );
  const signature = sign("sha256", body, signing.issuerKey);
  const whole = sequence(body, sequence(ECDSA_SHA256), der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: signing.subjectKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** A self-signed authority. */
export function makeAuthority(name: string): Authority {
  const privateKey = newKey();
  const made = issue(
    { name },
    {
      issuer: name,
      issuerKey: privateKey,
      subjectKey: privateKey,
      extensions: [extension(BASIC_CONSTRAINTS, sequence(TRUE), true)],
    },
  );
  return { ...made, name, privateKey };
}

/** A certificate signed by the authority. */
export function makeLeaf(authority: Authority, options: LeafOptions): Certificate {
  const names = [
    ...(options.dns ?? []).map((name) => der(0x82, Buffer.from(name))),
    ...(options.ips ?? []).map((ip) => der(0x87, Buffer.from(ip.split(".").map(Number)))),
  ];
  return issue(options, {
    issuer: authority.name,
    issuerKey: authority.privateKey,
    subjectKey: newKey(),
    extensions: names.length === 0 ? [] : [extension(SUBJECT_ALT_NAME, sequence(...names))],
  });
}

/**
 * Files a scenario refers to: data tables and certificates. Called by normalize.ts; reading itself is
 * injected. Invariant: what is returned is parsed and bounded; a file that is not what it should be is an
 * issue at the place that names it.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import type { ConnectInput, DataInput } from "../shape/connect.ts";
import type { StrictDataTable, StrictTls } from "../strict.ts";
import { quoted } from "../units.ts";
import { CsvFault, type CsvTable, MAX_ROWS, MAX_VALUES, parseTable } from "./csv.ts";

/** Path relative to the scenario file -> content. Throws as node:fs does. */
export type ReadFile = (path: string) => Buffer;

/** All data tables of a scenario together. */
export const MAX_DATA_BYTES = 64 * 1024 ** 2;
const MAX_PEM_BYTES = 1024 ** 2;

export interface FileContext {
  readonly readFile: ReadFile;
  readonly log: IssueLog;
}

function read(path: string, at: Path, context: FileContext): Buffer | null {
  try {
    return context.readFile(path);
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    const reason =
      code === "ENOENT" ? "no such file" : typeof code === "string" ? code : "unreadable";
    context.log.add(
      at,
      `cannot read ${quoted(path)}: ${reason}`,
      "paths are relative to the scenario file",
    );
    return null;
  }
}

/** The file a table was read from, for messages about its rows. */
export interface TableFile {
  readonly path: string;
  readonly content: Buffer;
}

export interface CheckedData {
  readonly tables: Readonly<Record<string, StrictDataTable>>;
  readonly files: ReadonlyMap<string, TableFile>;
}

/** Reads the tables; `connections` is how many rows `pick: unique` needs, null when it is not known. */
export function checkData(
  input: DataInput,
  connections: number | null,
  context: FileContext,
): CheckedData {
  const tables: Record<string, StrictDataTable> = {};
  const files = new Map<string, TableFile>();
  const read = new DataFiles(context);
  for (const [name, entry] of Object.entries(input)) {
    const at = ["data", name, "csv"];
    // An entry that is not sound may be anything, null too.
    if (!context.log.isSound(["data", name])) continue;
    const { csv, pick = "sequential" } = entry;
    const file = read.file(csv, at);
    const table = file?.table ?? null;
    if (file === null || table === null) continue;
    tables[name] = { ...table, pick };
    files.set(name, { path: csv, content: file.content });
    if (pick !== "unique" || connections === null || table.rows.length >= connections) continue;
    const what = `pick: unique needs a row per connection: ${table.rows.length} rows for ${connections} connections`;
    context.log.add(
      ["data", name, "pick"],
      what,
      "add rows, plan fewer connections, or use pick: sequential",
    );
  }
  return { tables, files };
}

interface DataFile {
  readonly table: CsvTable;
  readonly content: Buffer;
}

/** Every file is read and kept once, whatever number of tables names it; what all tables hold is bounded. */
class DataFiles {
  readonly #context: FileContext;
  readonly #known = new Map<string, DataFile | null>();
  #bytes = MAX_DATA_BYTES;
  #rows = MAX_ROWS;
  #values = MAX_VALUES;

  constructor(context: FileContext) {
    this.#context = context;
  }

  /** null when there is none (logged). */
  file(path: string, at: Path): DataFile | null {
    const known = this.#known.get(path);
    const file = known === undefined ? this.#read(path, at) : known;
    this.#known.set(path, file);
    if (file === null) return null;
    const { table } = file;
    this.#rows -= table.rows.length;
    this.#values -= table.rows.length * table.columns.length;
    if (this.#rows >= 0 && this.#values >= 0) return file;
    const what = `the tables of a scenario hold more than ${this.#rows < 0 ? `${MAX_ROWS} rows` : `${MAX_VALUES} values`}`;
    this.#context.log.add(at, what, "keep what connections need");
    return null;
  }

  #read(path: string, at: Path): DataFile | null {
    const content = read(path, at, this.#context);
    if (content === null) return null;
    this.#bytes -= content.length;
    if (this.#bytes < 0) {
      this.#context.log.add(at, "the data files are larger than 64 MB together", "");
      return null;
    }
    const table = tableIn(content, path, { at, log: this.#context.log });
    return table === null ? null : { table, content };
  }
}

/** The table in a file; null when it is none (logged, with the line of the file). */
function tableIn(
  content: Buffer,
  path: string,
  { at, log }: { readonly at: Path; readonly log: IssueLog },
): CsvTable | null {
  try {
    return parseTable(content);
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    const { line, message, hint } = error;
    const place = line === 0 ? `${quoted(path)}:` : `line ${line} of ${quoted(path)}`;
    log.add(at, `${place} ${message}`, hint);
    return null;
  }
}

/** Reads and checks the PEM files of connect.tls. */
export function checkTls(input: NonNullable<ConnectInput["tls"]>, context: FileContext): StrictTls {
  const { log } = context;
  const pem = (key: "ca" | "cert" | "key", kind: RegExp): string | null => {
    const path = input[key];
    const at = ["connect", "tls", key];
    const content = path === undefined ? null : read(path, at, context);
    if (path === undefined || content === null) return null;
    const text = content.subarray(0, MAX_PEM_BYTES).toString();
    if (content.length <= MAX_PEM_BYTES && kind.test(text)) return text;
    log.add(
      at,
      `${quoted(path)} is not a PEM file with a ${key === "key" ? "private key" : "certificate"}`,
      "",
    );
    return null;
  };
  const ca = pem("ca", /-----BEGIN CERTIFICATE-----/);
  const cert = pem("cert", /-----BEGIN CERTIFICATE-----/);
  const key = pem("key", /-----BEGIN (?:\w+ )*PRIVATE KEY-----/);
  checkPair(input, { ca, cert, key }, log);
  return {
    ca,
    cert,
    key,
    servername: input.servername ?? null,
    rejectUnauthorized: input.verify ?? true,
  };
}

interface Pems {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** Certificate and key come together, can be read, and belong together. */
function checkPair(
  input: NonNullable<ConnectInput["tls"]>,
  { ca, cert, key }: Pems,
  log: IssueLog,
): void {
  const at = (name: string): Path => ["connect", "tls", name];
  if (input.cert !== undefined && input.key === undefined) {
    log.add(at("cert"), "the certificate has no key", "add key: key.pem");
  }
  if (input.key !== undefined && input.cert === undefined) {
    log.add(at("key"), "the key has no certificate", "add cert: cert.pem");
  }
  if (ca !== null) attempt(() => new X509Certificate(ca), at("ca"), log);
  const certificate =
    cert === null ? null : attempt(() => new X509Certificate(cert), at("cert"), log);
  if (key?.includes("ENCRYPTED")) {
    log.add(
      at("key"),
      "the private key is encrypted",
      "decrypt it: openssl pkey -in key.pem -out plain.pem",
    );
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

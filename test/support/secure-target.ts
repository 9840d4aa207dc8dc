/** The bundled target behind TLS, with a certificate that nobody has signed. Used by integration tests, which start it. */
import { execFileSync } from "node:child_process";
import { get } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const REQUEST =
  "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";

/** Makes a certificate in this folder. @returns options of the target */
export function selfSigned(folder: string): string[] {
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  execFileSync("openssl", [...REQUEST.split(" "), "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  return ["--tls-cert", cert, "--tls-key", key];
}

/** What it counted, once no connection is open any more. */
export async function closedStats<Counts extends object>(url: string): Promise<Counts> {
  for (let tries = 0; ; tries++) {
    const stats = (await statsOf(url)) as Counts;
    if ((stats as { readonly open?: unknown }).open === 0 || tries === 100) return stats;
    await delay(50);
  }
}

function statsOf(url: string): Promise<unknown> {
  const address = `${url.replace(/^wss/, "https").replace(/\/$/, "")}/stats`;
  return new Promise((resolve, reject) => {
    get(address, { rejectUnauthorized: false }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on("end", () => resolve(JSON.parse(text)));
    }).on("error", reject);
  });
}

/** Goal: both gates read a target in the same way. Method: one table of spellings, and lists, at each of them. */
import { describe, expect, it } from "vitest";
import { isMetadataAddress } from "../../../shared/net/address.ts";
import { parseHost } from "../../../shared/net/host.ts";
import {
  type AllowList,
  checkAddress,
  checkTargets,
  readAllowedTarget,
} from "../../../shared/net/target-policy.ts";
import { splitTargetUrl } from "../../../shared/net/target-url.ts";
import { resolveTargets } from "../../../worker/reach/resolve.ts";
import { scenario } from "../../support/scenario.ts";
import { SPELLINGS } from "./spellings.ts";

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return "passes";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

/** As a worker does; names that are no addresses are not asked for, so that no test needs a resolver. */
const gateOfWorker = async (url: string, lists: readonly AllowList[]): Promise<string> => {
  const load = { ...scenario("ws://127.0.0.1/"), targets: [{ url, weight: 1, label: "t" }] };
  return resolveTargets(load, lists, () => 0).then(
    () => "passes",
    (error: { code?: string }) => error.code ?? String(error),
  );
};

const own = (...allowed: string[]): AllowList => ({ of: "this worker", allowed });
const ofRun = (...allowed: string[]): AllowList => ({ of: "the run", allowed });
const isName = (url: string) => !/^[\d.]+$|:/.test(splitTargetUrl(url).host);

describe.each(SPELLINGS)("$url", ({ url, is }) => {
  const expected = {
    loopback: "passes",
    other: "ONRUSH_TARGET_FORBIDDEN",
    nothing: "ONRUSH_TARGET_UNREACHABLE",
  }[is];

  it(`is ${is} to the coordinator`, () => {
    expect(codeOf(() => checkTargets([{ url }], []))).toBe(expected);
  });

  it(`is ${is} to a worker`, async () => {
    // What a name resolves to is the machine's business; localhost is loopback everywhere.
    if (is === "other" && isName(url)) {
      expect(() => checkAddress(splitTargetUrl(url), "192.0.2.1", [own()])).toThrow("not allowed");
      return;
    }
    if (is === "loopback" && isName(url) && splitTargetUrl(url).host !== "localhost") return;
    expect(await gateOfWorker(url, [own(), ofRun()])).toBe(expected);
  });
});

describe("a list", () => {
  it.each([
    ["ws://[2001:DB8::1]/", "2001:db8:0:0::1"],
    ["ws://[2001:db8::1]/", "[2001:DB8::1]"],
    ["ws://[2001:db8::1]:8080/", "[2001:db8:0::1]:8080"],
    ["wss://[2001:db8::1]/", "[2001:db8::1]:443"],
    ["ws://192.0.2.1/", "0xc0.0.2.1"],
    ["ws://3221225985/", "192.0.2.1"],
    ["ws://192.0.2.1./", "192.0.2.1:80"],
    ["ws://169.254.169.254/", "169.254.169.254"],
  ])("allows %s by %s at both gates", async (url, entry) => {
    expect(codeOf(() => checkTargets([{ url }], [entry]))).toBe("passes");
    expect(await gateOfWorker(url, [own(entry), ofRun(entry)])).toBe("passes");
    expect(readAllowedTarget(entry)).not.toContain(" ");
  });

  it.each([
    ["CHAT.example", "ws://chat.EXAMPLE./"],
    ["chat.example.", "ws://chat.example/"],
    ["chat.example:443", "wss://CHAT.example/"],
  ])("of names is read as names are: %s allows %s", (entry, url) => {
    expect(codeOf(() => checkTargets([{ url }], [entry]))).toBe("passes");
    expect(() => checkAddress(splitTargetUrl(url), "192.0.2.1", [own(entry)])).not.toThrow();
  });

  it.each(["*", "*.example", "10.0.0.0/8", "ws://chat.example", "a b", "", "[::1", "host:99999"])(
    "holds no pattern, range or URL: %s",
    (entry) => {
      expect(codeOf(() => readAllowedTarget(entry))).toBe("ONRUSH_USAGE");
      expect(codeOf(() => checkTargets([{ url: "ws://10.0.0.1/" }], [entry]))).not.toBe("passes");
    },
  );

  it("of a run widens nothing that the worker does not allow, and says whose list it was", async () => {
    const url = "ws://192.0.2.1/";
    expect(await gateOfWorker(url, [own(), ofRun("192.0.2.1")])).toBe("ONRUSH_TARGET_FORBIDDEN");
    expect(await gateOfWorker(url, [own("192.0.2.1"), ofRun()])).toBe("ONRUSH_TARGET_FORBIDDEN");
    const check =
      (...lists: AllowList[]) =>
      () =>
        checkAddress(splitTargetUrl(url), "192.0.2.1", lists);
    expect(check(own(), ofRun("192.0.2.1"))).toThrow("not allowed by this worker");
    expect(check(own("192.0.2.1"), ofRun())).toThrow("not allowed by the run");
  });

  it.each([
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::a9fe:a9fe",
    "::169.254.169.254",
    "::ffff:0:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::1",
    "2001:0:c000:201::5601:5601",
    "fe80::5efe:a9fe:a9fe",
    "2001:db8::5efe:a9fe:a9fe",
    "fe80::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "64:ff9b::6464:64c8",
    "192.0.0.192",
    "168.63.129.16",
  ])("of names does not lead to a metadata service or the link: %s", (address) => {
    expect(isMetadataAddress(address)).toBe(true);
    const target = { host: "chat.example", port: 80 };
    expect(() => checkAddress(target, address, [own("chat.example")])).toThrow("metadata");
    expect(() => checkAddress(target, address, [own(address)])).not.toThrow();
  });

  it.each(["8.8.8.8", "2001:db8::a9fe:a9fe", "100.100.100.201", "2600:1901::1", "10.0.0.1"])(
    "is not kept from an ordinary address: %s",
    (address) => {
      expect(isMetadataAddress(address)).toBe(false);
    },
  );
});

describe("a host", () => {
  it.each([
    ["LocalHost.", "localhost"],
    ["[2001:DB8::0:1]", "2001:db8::1"],
    ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
    ["0x7f.1", "127.0.0.1"],
    ["BÜCHER.example", "xn--bcher-kva.example"],
  ])("has one spelling: %s is %s", (text, host) => {
    expect(parseHost(text)).toBe(host);
  });

  it.each(["", " ", "a/b", "a@b", "a?b", "a#b", "[::1", "a%b", "host:80", "evil#.localhost"])(
    "is not %s",
    (text) => {
      expect(parseHost(text)).toBeNull();
    },
  );
});

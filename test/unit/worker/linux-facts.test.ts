import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { linuxFacts } from "../../../worker/control/linux-facts.ts";

const roots: string[] = [];

/** A file system with these files in it. */
function root(files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(tmpdir(), "onrush-facts-"));
  roots.push(made);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, path)), { recursive: true });
    writeFileSync(join(made, path), text);
  }
  return made;
}

afterEach(() => {
  for (const made of roots.splice(0)) rmSync(made, { recursive: true });
});

const kernel = `kernel ${release()} ${arch()}`;
const debian = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n`;
const core = (cpu: number, socket: number, id: number) => ({
  [`sys/devices/system/cpu/cpu${cpu}/topology/core_id`]: `${id}\n`,
  [`sys/devices/system/cpu/cpu${cpu}/topology/physical_package_id`]: `${socket}\n`,
});

describe("what Linux says of its machine", () => {
  it("is its distribution, its kernel and its hypervisor", () => {
    const at = root({
      "etc/os-release": debian,
      "sys/class/dmi/id/sys_vendor": "QEMU\n",
      "proc/cpuinfo": "flags\t\t: fpu vme hypervisor lahf_lm\n",
    });
    expect(linuxFacts(at).system).toBe(`Debian GNU/Linux 12, ${kernel}, virtual (KVM)`);
  });

  it.each([
    ["NAME=Fedora\nVERSION_ID=41\n", "Fedora 41"],
    [`PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\n`, "Ubuntu 24.04.1 LTS"],
    [`NAME='Alpine Linux'\nPRETTY_NAME='Alpine Linux v3.20'\n`, "Alpine Linux v3.20"],
    ["", "unknown unknown"],
  ])("reads the release of %j", (text, name) => {
    expect(linuxFacts(root({ "usr/lib/os-release": text })).system).toBe(
      `${name}, ${kernel}, physical`,
    );
  });

  it("names a hypervisor it does not know by its vendor", () => {
    const at = root({
      "etc/os-release": debian,
      "sys/class/dmi/id/sys_vendor": "Amazon EC2\n",
      "proc/cpuinfo": "flags\t\t: fpu hypervisor\n",
    });
    expect(linuxFacts(at).system).toContain("virtual (Amazon EC2)");
  });

  it("counts cores, not threads", () => {
    const at = root({ ...core(0, 0, 0), ...core(1, 0, 0), ...core(2, 0, 1), ...core(3, 1, 0) });
    expect(linuxFacts(at).physicalCores).toBe(3);
    expect(linuxFacts(root({})).physicalCores).toBe(0);
  });
});

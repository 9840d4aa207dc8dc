/**
 * Where the limits of this process lie: for each controller the folders of its own control group and of the groups above it, as
 * far as they can be seen from here. Used by cgroup.ts. Linux, versions 1 and 2, also both at once.
 *
 *   /proc/self/cgroup     which group: "0::/a/b" (version 2), "4:cpu,cpuacct:/a/b" (version 1)
 *   /proc/self/mountinfo  where its files are: a mount shows a tree from its root downwards
 *
 * In a container the mount's root is often the group itself, while its path is the host's, or "/" in a namespace of its own;
 * a path that does not lie under the root stands for the root, which is what there is to be seen.
 * Invariant: reading never fails; a controller that is not found has no folders, and so no limits.
 */

/** A file's text, or null. */
export type ReadText = (path: string) => string | null;

export type Controller = "cpu" | "cpuset" | "memory" | "pids";

export interface Hierarchy {
  readonly version: 1 | 2;
  /** The group's own first, then those above it; MAX_FOLDERS at most. */
  readonly folders: readonly string[];
}

interface Mount {
  readonly version: 1 | 2;
  readonly root: string;
  readonly point: string;
  /** Of version 1. */
  readonly controllers: readonly string[];
}

/** Groups are rarely nested as deep as in Kubernetes, which is five. */
const MAX_FOLDERS = 32;

/** @returns null where there is none */
export function hierarchyOf(controller: Controller, read: ReadText): Hierarchy | null {
  const groups = (read("/proc/self/cgroup") ?? "").split("\n").map(groupOf);
  const mounts = (read("/proc/self/mountinfo") ?? "").split("\n").map(mountOf);
  const first = groups.find((group) => group?.controllers.includes(controller));
  // Where version 1 has the controller, version 2 has not.
  const version = first === undefined ? 2 : 1;
  const group = first ?? groups.find((each) => each?.controllers.length === 0);
  if (!group) return null;
  const fitting = mounts
    .filter((mount) => mount !== null)
    .filter((mount) => mount.version === version)
    .filter((mount) => version === 2 || mount.controllers.includes(controller));
  const mount = fitting.find(({ root }) => below(root, group.path) !== null) ?? fitting[0];
  if (!mount) return null;
  return { version, folders: foldersOf(mount.point, below(mount.root, group.path) ?? []) };
}

/** One line of /proc/self/cgroup; version 2 names no controllers. */
function groupOf(line: string): { readonly controllers: string[]; readonly path: string } | null {
  const [, id, controllers = "", path = ""] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
  if (id === undefined) return null;
  if (controllers === "") return id === "0" ? { controllers: [], path } : null;
  return { controllers: controllers.split(","), path };
}

/** One line of /proc/self/mountinfo; null for other file systems. */
function mountOf(line: string): Mount | null {
  const [left = "", right = ""] = line.split(" - ", 2);
  const [, , , root = "/", point = "/"] = left.split(" ").map(unescaped);
  const [type = "", , options = ""] = right.split(" ");
  if (type === "cgroup2") return { version: 2, root, point, controllers: [] };
  return type === "cgroup" ? { version: 1, root, point, controllers: options.split(",") } : null;
}

/** Spaces and the like are octal there. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** The steps from `root` down to `path`; null when it does not lie there, or nobody can see it. */
function below(root: string, path: string): readonly string[] | null {
  const [from, to] = [stepsOf(root), stepsOf(path)];
  if (to.includes("..") || from.some((step, at) => to[at] !== step)) return null;
  return to.slice(from.length);
}

function stepsOf(path: string): readonly string[] {
  return path.split("/").filter((step) => step !== "");
}

/** Those nearest to the mount count whatever the depth: they bind everything below them. */
function foldersOf(point: string, steps: readonly string[]): readonly string[] {
  const base = point.replace(/\/$/, "");
  const most = steps.slice(0, MAX_FOLDERS - 1);
  return [...most.keys(), most.length]
    .map((depth) => [base, ...most.slice(0, depth)].join("/"))
    .reverse();
}

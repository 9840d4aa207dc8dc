/** Files of control groups as machines have them, by path. Recorded from real ones, and shortened to what is read. */
import type { ReadText } from "../../../shared/cgroup/hierarchy.ts";

export type Tree = Readonly<Record<string, string>>;

export const readerOf =
  (tree: Tree): ReadText =>
  (path) =>
    tree[path] ?? null;

const NO_LIMIT = "9223372036854771712\n";

/** A service of systemd on version 2: the service has a quota, the slice above it the memory limit. */
export const V2_NESTED: Tree = {
  "/proc/self/cgroup": "0::/load.slice/load-onrush.slice/onrush-worker.service\n",
  "/proc/self/mountinfo": [
    "23 30 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw",
    "26 23 0:24 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate",
    "",
  ].join("\n"),
  "/sys/fs/cgroup/cpuset.cpus.effective": "0-7\n",
  "/sys/fs/cgroup/load.slice/cpu.max": "max 100000\n",
  "/sys/fs/cgroup/load.slice/memory.max": "max\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/cpu.max": "400000 100000\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/cpu.stat":
    "usage_usec 90\nnr_periods 10\nnr_throttled 1\nthrottled_usec 30000\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/memory.max": "536870912\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/memory.current": "500000000\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/memory.stat":
    "anon 300000000\nfile 200000000\ninactive_file 150000000\nactive_file 40000000\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/onrush-worker.service/cpu.max": "150000 100000\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/onrush-worker.service/cpu.stat":
    "usage_usec 80\nnr_periods 40\nnr_throttled 7\nthrottled_usec 250000\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/onrush-worker.service/cpuset.cpus.effective":
    "0-3,6\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/onrush-worker.service/memory.max": "1073741824\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/onrush-worker.service/memory.current": "90000000\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/onrush-worker.service/memory.stat":
    "inactive_file 10000000\nactive_file 0\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/onrush-worker.service/memory.events":
    "low 0\nhigh 0\nmax 12\noom 2\noom_kill 2\n",
  "/sys/fs/cgroup/load.slice/load-onrush.slice/onrush-worker.service/pids.max": "512\n",
};

/** A pod's container on version 2: a namespace of its own, so that its group is the root of all it sees. */
export const V2_CONTAINER: Tree = {
  "/proc/self/cgroup": "0::/\n",
  "/proc/self/mountinfo":
    "1200 1199 0:28 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw\n",
  "/sys/fs/cgroup/cpu.max": "50000 100000\n",
  "/sys/fs/cgroup/cpu.stat": "nr_periods 100\nnr_throttled 61\nthrottled_usec 2500000\n",
  "/sys/fs/cgroup/memory.max": "268435456\n",
  "/sys/fs/cgroup/memory.current": "100000000\n",
  "/sys/fs/cgroup/memory.stat": "inactive_file 30000000\nactive_file 10000000\n",
  "/sys/fs/cgroup/memory.events": "oom 0\noom_kill 0\n",
  "/sys/fs/cgroup/pids.max": "max\n",
};

/** A container of Docker on version 1, cpu and cpuacct in one mount, the host's paths in /proc/self/cgroup. */
export const V1_CONTAINER: Tree = {
  "/proc/self/cgroup": [
    "11:cpuset:/docker/4f2a",
    "9:memory:/docker/4f2a",
    "4:cpu,cpuacct:/docker/4f2a",
    "1:name=systemd:/docker/4f2a",
    "",
  ].join("\n"),
  "/proc/self/mountinfo": [
    "840 820 0:29 /docker/4f2a /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct",
    "841 820 0:30 /docker/4f2a /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory",
    "842 820 0:31 /docker/4f2a /sys/fs/cgroup/cpuset ro,nosuid - cgroup cgroup rw,cpuset",
    "",
  ].join("\n"),
  "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
  "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
  "/sys/fs/cgroup/cpu,cpuacct/cpu.stat": "nr_periods 9\nnr_throttled 3\nthrottled_time 120000000\n",
  "/sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT,
  // Of a pod's group, which cannot be seen from here.
  "/sys/fs/cgroup/memory/memory.stat":
    "inactive_file 1\nhierarchical_memory_limit 314572800\ntotal_inactive_file 5000000\ntotal_active_file 1000000\n",
  "/sys/fs/cgroup/memory/memory.usage_in_bytes": "106000000\n",
  "/sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
  "/sys/fs/cgroup/cpuset/cpuset.effective_cpus": "\n",
  "/sys/fs/cgroup/cpuset/cpuset.cpus": "2-3\n",
};

/** Both versions at once, controllers in version 1; a space in a path. */
export const HYBRID: Tree = {
  "/proc/self/cgroup": "5:memory:/jobs/job 7\n2:cpuacct:/\n1:cpu:/jobs/job 7\n0::/\n",
  "/proc/self/mountinfo": [
    "32 31 0:29 / /cg\\040all/cpu rw,relatime - cgroup cgroup rw,cpu",
    "36 31 0:33 / /cg\\040all/memory rw,relatime - cgroup cgroup rw,memory",
    "41 31 0:38 / /cg\\040all/unified rw,relatime - cgroup2 cgroup2 rw",
    "",
  ].join("\n"),
  "/cg all/cpu/jobs/job 7/cpu.cfs_quota_us": "-1\n",
  "/cg all/cpu/jobs/job 7/cpu.cfs_period_us": "100000\n",
  "/cg all/cpu/jobs/cpu.cfs_quota_us": "25000\n",
  "/cg all/cpu/jobs/cpu.cfs_period_us": "50000\n",
  "/cg all/memory/jobs/job 7/memory.limit_in_bytes": "1000000000\n",
  "/cg all/memory/jobs/job 7/memory.usage_in_bytes": "400000000\n",
  "/cg all/memory/memory.limit_in_bytes": NO_LIMIT,
};

/** The group was moved, or is another namespace's: its path leads out of what can be seen. */
export const V2_ELSEWHERE: Tree = {
  ...V2_CONTAINER,
  "/proc/self/cgroup": "0::/../../kubepods.slice/pod1\n",
};

/** Version 2 with nothing but numbers nobody set. */
export const V2_UNLIMITED: Tree = {
  "/proc/self/cgroup": "0::/user.slice\n",
  "/proc/self/mountinfo": "26 23 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
  "/sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
  "/sys/fs/cgroup/user.slice/cpu.stat": "usage_usec 1\n",
  "/sys/fs/cgroup/user.slice/memory.max": "max\n",
  "/sys/fs/cgroup/user.slice/memory.current": "1234\n",
};

/**
 * The sections of summary.json that tell of workers: those that took part, and those that were lost. Pure; used by
 * summary.ts. Invariant: in order of epochs, so that nothing depends on arrival.
 */
import { faultBehind, lostWorkers } from "../analysis/losses.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { quantilesOrNull, toMs } from "./quantiles.ts";
import type { Summary } from "./summary-schema.ts";

export function workersSection(fold: RunFold): Summary["workers"] {
  return [...fold.merge.workers.values()]
    .sort((a, b) => a.epoch - b.epoch)
    .map((worker) => ({
      id: worker.id,
      epoch: worker.epoch,
      end: worker.end,
      host: worker.host,
      engines: Math.max(worker.engineCount, worker.engines.size),
      peakConnections: worker.openGauge.peak(),
      cpu: worker.cpu,
      loopLagMs: quantilesOrNull(worker.loopLag),
      saturatedSeconds: worker.saturated.count,
      startSkewMs: worker.start ? toMs(worker.start.skewUs) : null,
      clockErrorMs: worker.start ? toMs(worker.start.clockErrorUs) : null,
      lateFrames: worker.lateFrames,
    }));
}

export function lostWorkersSection(fold: RunFold): Summary["lostWorkers"] {
  return lostWorkers(fold).map((worker) => {
    const { id, epoch, host, loss } = worker;
    const fault = faultBehind(fold, worker);
    const disturbed = fold.disturbances.list.find((disturbance) => disturbance.epoch === epoch);
    return {
      id,
      epoch,
      host,
      reason: loss.reason,
      ...(fault !== null && { fault }),
      atMs: loss.atUs === null ? null : toMs(loss.atUs),
      lastSecond: loss.reportedUs === null ? null : Math.round(loss.reportedUs / 1_000_000) - 1,
      connectionsOpen: loss.open,
      opensAtMost: loss.opensAtMost,
      messagesAtMost: loss.messagesAtMost,
      slices: loss.slices.length,
      recovery: loss.recovery,
      disturbed: disturbed
        ? {
            from: toMs(disturbed.fromUs),
            to: Number.isFinite(disturbed.toUs) ? toMs(disturbed.toUs) : null,
          }
        : null,
    };
  });
}

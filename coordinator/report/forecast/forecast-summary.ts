/**
 * The part of summary.json on figures that grow towards a limit, and the charts of those that have a forecast. Pure; used by summary.ts and
 * model.ts. Invariant: absent where no figure may have one.
 */
import type { RunForecast } from "../../analysis/forecast/forecasts.ts";
import type { Interval } from "../../analysis/stats/interval.ts";
import type { Summary } from "../summary-schema.ts";
import type { SummaryForecast } from "./forecast-schema.ts";

const MOST_POINTS = 300;
/** Of the band. */
const MOMENTS = 60;
const MOST_CHARTS = 6;
/** Seconds drawn behind the moment at which the limit is reached, over those before it. */
const BEYOND = 1.15;
const HOUR_SECONDS = 3600;

/** Seconds of run time. */
export interface ForecastChart {
  readonly figure: RunForecast["figure"];
  readonly readings: readonly { readonly at: number; readonly value: number }[];
  readonly band: readonly (Interval & { readonly at: number })[];
}

export function forecastSection(forecasts: readonly RunForecast[]): Pick<Summary, "forecasts"> {
  return forecasts.length === 0 ? {} : { forecasts: forecasts.map(row) };
}

function row(one: RunForecast): SummaryForecast {
  const { figure, outcome, why, readings, blocks, reach, growth, test, line } = one;
  const [first, last] = [readings[0], readings.at(-1)];
  return {
    ...{ figure: figure.name, of: figure.of, limit: figure.limit, outcome, why },
    ...{ from: inMs(first?.at), to: inMs(last?.at), readings: readings.length, blocks },
    ...{ first: first?.value ?? null, last: last?.value ?? null },
    reach: inMs(reach?.estimate),
    earliest: inMs(reach?.earliest),
    latest: inMs(reach?.latest),
    horizon: inMs(line?.until),
    perHour: scaled(growth, HOUR_SECONDS),
    perConnectionHour: scaled(one.perConnectionHour),
    perMessage: scaled(one.perMessage),
    backTest: test && {
      ...{ covered: test.covered, of: test.of },
      errorRatio: Number.isFinite(test.errorRatio) ? rounded(test.errorRatio) : null,
    },
  };
}

/** Of those with a forecast, the readings it rests on and the band, until a little behind the limit. */
export function forecastCharts(forecasts: readonly RunForecast[]): ForecastChart[] {
  return forecasts
    .flatMap(({ figure, readings, line, reach }) => {
      const from = readings[0]?.at;
      if (line === null || from === undefined) return [];
      const last = reach?.latest ?? reach?.estimate ?? line.until;
      const until = Math.min(line.until, from + (last - from) * BEYOND);
      const band = Array.from({ length: MOMENTS + 1 }, (_, at) => {
        const moment = from + ((until - from) * at) / MOMENTS;
        return { at: rounded(moment), ...bandOf(line.at(moment)) };
      });
      const step = Math.ceil(readings.length / MOST_POINTS);
      return [{ figure, band, readings: readings.filter((_, at) => at % step === 0) }];
    })
    .slice(0, MOST_CHARTS);
}

function scaled(interval: Interval | null, factor = 1): SummaryForecast["perHour"] {
  return interval && bandOf(interval, factor);
}

function bandOf({ estimate, low, high }: Interval, factor = 1): Interval {
  const value = (one: number) => rounded(one * factor);
  return { estimate: value(estimate), low: value(low), high: value(high) };
}

function inMs(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : Math.round(seconds * 1000);
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

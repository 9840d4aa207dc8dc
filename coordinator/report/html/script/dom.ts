/**
 * The little of a browser that the report's script uses; the compiler knows of none. Types only; imported by the other files
 * of this folder.
 */
export interface Element {
  textContent: string | null;
  readonly dataset: Record<string, string | undefined>;
  readonly id: string;
  readonly style: Record<string, string>;
  readonly classList: {
    add(name: string): void;
    remove(name: string): void;
    toggle(name: string, on?: boolean): boolean;
    contains(name: string): boolean;
  };
  open: boolean;
  hidden: boolean;
  readonly parentElement: Element | null;
  readonly children: Iterable<Element> & { readonly length: number };
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
  closest(selector: string): Element | null;
  append(...nodes: Element[]): void;
  remove(): void;
  cloneNode(deep: boolean): Element;
  getBoundingClientRect(): {
    readonly left: number;
    readonly width: number;
    readonly height: number;
  };
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  addEventListener(type: string, handle: (event: Input) => void): void;
  scrollIntoView(options: { readonly block: string }): void;
  setPointerCapture(id: number): void;
  click(): void;
}

export interface Input {
  readonly clientX: number;
  readonly key: string;
  readonly button: number;
  readonly pointerId: number;
  readonly target: Element;
  preventDefault(): void;
}

export interface Page extends Element {
  readonly activeElement: Element | null;
  readonly body: Element;
  readonly documentElement: Element;
  getElementById(id: string): Element | null;
  createElement(name: string): Element;
  createElementNS(namespace: string, name: string): Element;
}

type Values = readonly (number | null)[];

export interface SeriesData {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly min?: Values;
  readonly max: Values;
}

/** A chart of one figure over another. */
export interface XyData {
  readonly x: { readonly label: string; readonly unit: string; readonly top: number };
  /** Of y. */
  readonly unit: string;
  readonly curves: readonly {
    readonly id: string;
    readonly label: string;
    readonly isStep: boolean;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

/** What the page knows of its charts; written by page.ts. */
export interface PageData {
  readonly name: string;
  readonly bins: number;
  readonly binSeconds: number;
  readonly startMs: number | null;
  readonly phases: readonly (readonly [name: string, from: number, to: number])[];
  /** Charts over run time. */
  readonly series: Readonly<Record<string, readonly SeriesData[]>>;
  /** Places on the percentile axis (0 to 5) and milliseconds. */
  readonly curves: Readonly<
    Record<string, Readonly<Record<string, readonly (readonly [at: number, ms: number])[]>>>
  >;
  readonly xy: Readonly<Record<string, XyData>>;
  readonly heat: Readonly<
    Record<
      string,
      {
        readonly columnSeconds: number;
        readonly boundsMs: readonly number[];
        readonly counts: readonly Values[];
      }
    >
  >;
}

/** What the parts of the script share. */
export interface Kit {
  clock(seconds: number): string;
  timeOfDay(startMs: number, seconds: number): string;
  timeTicks(from: number, to: number): number[];
  reading(unit: string, low: number | null | undefined, high: number | null | undefined): string;
  milliseconds(ms: number): string;
}

/** The charts over run time, as other parts move them. */
export interface TimeView {
  /** Shows a moment and stays there. */
  goTo(seconds: number): void;
}

/**
 * Series on and off, tables that can be sorted, links to moments, the current section in the navigation, details opened for
 * print. Sent to the browser by script.ts. Invariant: functions refer to one another alone.
 */
import type { Element, Page, TimeView } from "./dom.ts";

declare const document: Page;
declare function addEventListener(type: string, handle: () => void): void;
declare const IntersectionObserver: new (
  handle: (
    entries: readonly { readonly isIntersecting: boolean; readonly target: Element }[],
  ) => void,
  options: { readonly rootMargin: string },
) => { observe(element: Element): void };

/** Whatever answers a click answers Enter and the space bar, too. */
export function press(element: Element, then: () => void): void {
  element.addEventListener("click", then);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    then();
  });
}

export function startLegends(): void {
  for (const figure of document.querySelectorAll("figure[data-plot]")) {
    const entries = [...figure.querySelectorAll(".legend li[data-of]")];
    if (entries.length < 2) continue;
    for (const entry of entries) {
      entry.setAttribute("role", "button");
      entry.setAttribute("tabindex", "0");
      entry.setAttribute("aria-pressed", "true");
      entry.setAttribute("title", "Show or hide");
      press(entry, () => {
        const off = entry.classList.toggle("off");
        entry.setAttribute("aria-pressed", String(!off));
        for (const path of figure.querySelectorAll("path[data-of]")) {
          if (path.dataset["of"] === entry.dataset["of"]) path.style["display"] = off ? "none" : "";
        }
      });
    }
  }
}

export function startSorting(): void {
  for (const table of document.querySelectorAll("table.sortable")) {
    for (const [at, head] of [...table.querySelectorAll("thead th")].entries()) {
      if (head.classList.contains("b")) continue;
      head.setAttribute("tabindex", "0");
      head.setAttribute("role", "columnheader button");
      head.setAttribute("title", "Sort");
      press(head, () => {
        // Numbers fall first, texts rise.
        const first = head.classList.contains("n") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const order = head.getAttribute("aria-sort") === first ? other : first;
        for (const one of table.querySelectorAll("thead th")) one.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order);
        sortRows(table, at, order === "ascending" ? 1 : -1);
      });
    }
  }
}

export function sortRows(table: Element, at: number, direction: number): void {
  const keyed = [...table.querySelectorAll("tbody tr")].map((row) => {
    const cell = [...row.children][at];
    const value = cell?.dataset["v"];
    return {
      row,
      text: cell?.textContent ?? "",
      value: value === undefined ? null : Number(value),
    };
  });
  keyed.sort((a, b) => {
    if (a.value !== null && b.value !== null) return (a.value - b.value) * direction;
    // What was not measured comes last, either way.
    if (a.value !== null || b.value !== null) return a.value === null ? 1 : -1;
    return a.text.localeCompare(b.text, "en", { numeric: true }) * direction;
  });
  table.querySelector("tbody")?.append(...keyed.map(({ row }) => row));
}

export function startLinks(view: TimeView | null): void {
  if (view === null) return;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-moment]");
    if (link === null) return;
    event.preventDefault();
    view.goTo(Number(link.dataset["moment"]));
  });
}

export function followSections(): void {
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        const link = document.querySelector(`nav a[href="#${target.id}"]`);
        if (isIntersecting) link?.setAttribute("aria-current", "true");
        else link?.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-20% 0px -70% 0px" },
  );
  for (const section of document.querySelectorAll("main section")) watch.observe(section);
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("main details:not(.save)")) details.open = true;
  });
}

/** Functions to send. */
export const CONTROLS = { press, startLegends, startSorting, sortRows, startLinks, followSections };

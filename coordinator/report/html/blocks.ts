/**
 * Blocks of the report as HTML. Called by page.ts. Invariants: knows blocks and no section; foreign text goes through
 * `line` or `lines`; a mark of colour has a word or a sign beside it.
 */
import type { Block, Card, Fact, Figure, Text, Tone } from "../outline/block.ts";
import { joined } from "../outline/cells.ts";
import { curvePlot } from "./curve-plot.ts";
import { heatPlot } from "./heat-plot.ts";
import { html, line, lines, type Markup, NOTHING } from "./markup.ts";
import { SIGNS, table } from "./table.ts";
import { phaseStrip, timePlot } from "./time-plot.ts";
import { xyPlot } from "./xy-plot.ts";

export function blockHtml(block: Block): Markup {
  switch (block.kind) {
    case "verdict":
      return verdict(block);
    case "heading":
      return html`<h3>${block.text}</h3>`;
    case "text":
      return html`<p class="${block.look ?? "plain"}">${shown(block.text)}</p>`;
    case "list":
      return list(block);
    case "figures":
      return html`<dl class="tiles n${block.items.length}">${block.items.map(figure)}</dl>`;
    case "facts":
      return html`<dl class="facts">${block.items.map(fact)}</dl>`;
    case "code":
      return code(block);
    case "details":
      return html`<details><summary>${block.title}</summary>${block.blocks.map(blockHtml)}</details>`;
    case "card":
      return card(block);
    case "table":
      return table(block, shown);
    case "plot":
      return plot(block);
    case "strip":
      return phaseStrip(block);
    case "data":
    case "cases":
      return NOTHING;
  }
}

function plot(block: Extract<Block, { kind: "plot" }>): Markup {
  switch (block.shape) {
    case "time":
      return timePlot(block);
    case "curve":
      return curvePlot(block);
    case "heat":
      return heatPlot(block);
    case "xy":
      return xyPlot(block);
  }
}

/** Text with what is foreign in it visible, and moments as links to the timeline. */
export function shown(text: Text): Markup {
  const parts = Array.isArray(text) ? text : [text];
  return html`${parts.map((piece: Text) => {
    if (typeof piece === "string") return piece;
    if ("moment" in piece) {
      return html`<a href="#timeline" data-moment="${piece.at}">${piece.moment}</a>`;
    }
    if ("section" in piece) return html` <a href="#${piece.section}">${piece.words}</a>`;
    if (!("foreign" in piece)) return joined(piece, () => "");
    const visible = line(piece.foreign, piece.maxChars);
    return piece.as === "code" ? html`<code dir="auto">${visible}</code>` : visible;
  })}`;
}

export function toneClass(tone: Tone | undefined): string {
  return tone ?? "";
}

function verdict({ tone, sign, word, meaning }: Extract<Block, { kind: "verdict" }>): Markup {
  return html`<div class="verdict ${tone}"><p class="word"><span class="sign" aria-hidden="true">${SIGNS[sign]}</span> ${word}</p><p>${shown(meaning)}</p></div>`;
}

function list({ title, items, more, tone }: Extract<Block, { kind: "list" }>): Markup {
  const rest = more > 0 ? html`<li>and ${more} more, in summary.json</li>` : null;
  return html`<div class="list ${toneClass(tone)}">${title === undefined ? null : html`<h3>${title}</h3>`}<ul>${items.map((item) => html`<li>${shown(item)}</li>`)}${rest}</ul></div>`;
}

/** The title is a summary, so that a closed card is a line; paper opens all of them. */
function card({ title, place, sentence, parts, next, open }: Card): Markup {
  const body = parts.map(
    ({ label, items }) =>
      html`<div><dt>${label}</dt><dd><ul>${items.map((item) => html`<li>${shown(item)}</li>`)}</ul></dd></div>`,
  );
  const [tag, end] = open ? OPEN_DETAILS : CLOSED_DETAILS;
  return html`${tag}<summary><strong>${title}</strong> <span class="note">${place}</span></summary><p>${shown(sentence)}</p><p class="next"><b>Next step</b> ${shown(next)}</p><dl class="facts">${body}</dl>${end}`;
}

const OPEN_DETAILS = [html`<details class="card" open>`, html`</details>`] as const;
const CLOSED_DETAILS = [html`<details class="card">`, html`</details>`] as const;

function figure({ label, value, note, tone }: Figure): Markup {
  return html`<div class="${toneClass(tone)}"><dt>${label}</dt><dd>${value}</dd><dd class="note">${shown(note)}</dd></div>`;
}

function fact({ label, text, mark }: Fact): Markup {
  const sign =
    mark === undefined
      ? null
      : html`<span class="${mark}" aria-hidden="true">${SIGNS[mark]}</span> `;
  return html`<div><dt>${label.trim()}</dt><dd>${sign}${shown(text)}</dd></div>`;
}

function code({ title, code: text, fold }: Extract<Block, { kind: "code" }>): Markup {
  const look = fold ? "scroll" : "command";
  const body = html`<pre class="${look}" tabindex="0"><code>${lines(text.foreign)}</code></pre>`;
  return fold
    ? html`<details><summary>${title}</summary>${body}</details>`
    : html`<h3>${title}</h3>${body}`;
}

/**
 * The reliability of stated probabilities as a picture: a point a bin, what was said across, the share that was right upwards, with its
 * interval. Called by main.ts. Pure. Invariant: bins alone are drawn, and the line on which what is said is right.
 */
import type { Bin, Reliability } from "./reliability.ts";

const SIZE = 300;
const LEFT = 70;
const TOP = 20;
const STEPS = [0, 0.2, 0.4, 0.6, 0.8, 1];

const x = (share: number) => (LEFT + share * SIZE).toFixed(1);
const y = (share: number) => (TOP + (1 - share) * SIZE).toFixed(1);

export function reliabilitySvg({ bins, of }: Reliability): string {
  const width = LEFT + SIZE + 30;
  const height = TOP + SIZE + 60;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif" font-size="12" fill="#333">
<title>Stated probabilities and shares that were right, ${of} answers</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${STEPS.map(grid).join("\n")}
<path d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}" stroke="#999" stroke-dasharray="4 4"/>
${bins.map(point).join("\n")}
<text x="${x(0.5)}" y="${height - 18}" text-anchor="middle">probability stated</text>
<text x="20" y="${y(0.5)}" text-anchor="middle" transform="rotate(-90 20 ${y(0.5)})">share that was right (95 % interval)</text>
</svg>
`;
}

function grid(share: number): string {
  return `<path d="M${x(0)} ${y(share)}H${x(1)}M${x(share)} ${y(0)}V${y(1)}" stroke="#e4e4e4"/><text x="${LEFT - 8}" y="${y(share)}" text-anchor="end" dominant-baseline="middle">${share}</text><text x="${x(share)}" y="${TOP + SIZE + 18}" text-anchor="middle">${share}</text>`;
}

/** The more answers, the larger. */
function point({ of, said, right, low, high }: Bin): string {
  const radius = (2 + Math.sqrt(of) / 2).toFixed(1);
  return `<path d="M${x(said)} ${y(low)}V${y(high)}" stroke="#2563eb" stroke-width="2"/><circle cx="${x(said)}" cy="${y(right / of)}" r="${radius}" fill="#2563eb"/>`;
}

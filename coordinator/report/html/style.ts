/**
 * The style of the report, inline. Called by page.ts. Invariant: light and dark by the reader's setting, legible on
 * paper and at 400 px; colours of series differ in lightness as well, so that they part in print.
 */
export const PAGE_STYLE = `
:root{--page:#f7f7f5;--card:#fff;--ink:#1b1f24;--soft:#5b636d;--line:#e3e4e0;--grid:#ececE8;--track:#ececE8;--link:#1756b8;--focus:#1756b8;
--ok:#14794b;--bad:#c0283a;--warn:#9a5b00;--okbg:#e7f5ec;--badbg:#fceaec;--warnbg:#fdf2e0;
--c1:#2563c9;--c2:#d2691e;--c3:#1f9467;--c4:#cf3348;--c5:#8a63d2;--c6:#b58900;--c7:#8b939c;
--h1:#dbe8fb;--h2:#b4cff5;--h3:#86b1ec;--h4:#5890df;--h5:#336fca;--h6:#1f51a3;--h7:#143670;
--select:#2563c933;--mask:#cf334822;--disturbed:#e0a90030;--fault:#8a5cd624;--excluded:#8b939c1c}
@media screen and (prefers-color-scheme:dark){:root{--page:#121417;--card:#1a1d21;--ink:#e7e9ec;--soft:#9ba3ad;--line:#2c3137;--grid:#262b30;--track:#2a2f35;--link:#82b1ff;--focus:#82b1ff;
--ok:#5fd39a;--bad:#ff8090;--warn:#f2b45a;--okbg:#14291f;--badbg:#34191e;--warnbg:#33270f;
--c1:#6ea5ff;--c2:#f0935a;--c3:#4cc795;--c4:#ff6b7d;--c5:#b696f5;--c6:#e0bd4e;--c7:#868f99;
--h1:#1a2c47;--h2:#1f3f6d;--h3:#285794;--h4:#3c76bd;--h5:#5f9be0;--h6:#95c0f3;--h7:#d6e8ff;
--select:#6ea5ff40;--mask:#ff6b7d2b;--disturbed:#e0bd4e33;--fault:#a98af030;--excluded:#ffffff0f}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99em}.skip:focus{left:1em;top:1em;background:var(--card);padding:.5em 1em;z-index:9}
code,pre{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
td code{white-space:nowrap}details td code{white-space:normal}
code{overflow-wrap:anywhere;unicode-bidi:isolate}
header,.body,footer{max-width:1240px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
.kind{margin:0;color:var(--soft);font-size:13px}
h1{margin:0 0 6px;font-size:30px;line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
.when{margin:0;color:var(--soft);overflow-wrap:anywhere}
.body{display:grid;grid-template-columns:190px minmax(0,1fr);gap:32px;align-items:start;padding-top:24px}
nav{position:sticky;top:20px}
nav ol{list-style:none;margin:0;padding:0;border-left:1px solid var(--line)}
nav a{display:block;padding:5px 12px;margin-left:-1px;border-left:2px solid transparent;color:var(--soft);text-decoration:none;font-size:14px;line-height:1.35}
nav a:hover,nav a[aria-current]{color:var(--ink);border-left-color:var(--c1)}
main{min-width:0}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:22px 24px 24px;margin-bottom:20px;scroll-margin-top:16px}
h2{margin:0 0 14px;font-size:19px;letter-spacing:-.01em}
h3{margin:22px 0 8px;font-size:14px}
p{margin:0 0 10px}
.lead,.plain{max-width:84ch}.note{color:var(--soft);font-size:13px;margin:10px 0 0}
.good,.passed{color:var(--ok)}.bad,.failed{color:var(--bad)}.warn{color:var(--warn)}.soft,.open{color:var(--soft)}
td .good,td .bad{font-weight:600;white-space:nowrap}
.verdict{border-radius:10px;padding:16px 18px;margin-bottom:14px}
.verdict.good{background:var(--okbg)}.verdict.bad{background:var(--badbg)}.verdict.warn{background:var(--warnbg)}
.verdict p{margin:0}.verdict p+p{color:var(--ink)}
.word{font-size:26px;font-weight:700;line-height:1.3}
.sign{display:inline-block;min-width:1em}
.list ul{margin:0 0 14px;padding-left:20px;color:var(--ink);overflow-wrap:anywhere}.list li{margin:3px 0}
.list.warn h3{color:var(--warn)}
.tiles{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:1px;margin:0 0 6px;background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.tiles.n5{grid-template-columns:repeat(5,minmax(0,1fr))}
.tiles div{background:var(--card);padding:12px 14px}
.tiles dt{color:var(--soft);font-size:13px}
.tiles dd{margin:0;font-size:22px;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles dd.note{font-size:13px;font-weight:400;letter-spacing:0;line-height:1.4;color:var(--soft)}
.tiles .good dd:not(.note){color:var(--ok)}.tiles .bad dd:not(.note){color:var(--bad)}
.tiles div:last-child:nth-child(4n+1):not(:nth-child(5):last-child){grid-column:span 4}
.facts{display:grid;gap:6px;margin:12px 0 0}
.facts div{display:grid;grid-template-columns:minmax(90px,150px) 1fr;gap:14px}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.table{container-type:inline-size;overflow-x:auto;margin-top:6px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 9px;text-align:left;border-bottom:1px solid var(--line);vertical-align:baseline}
table.many{font-size:13px}table.many th,table.many td{padding:6px 5px}
thead th{color:var(--soft);font-weight:500;font-size:.93em;vertical-align:bottom}
tbody th{font-weight:500;overflow-wrap:anywhere}
tbody tr:last-child>*{border-bottom:0}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
.n{text-align:right}td.n{white-space:nowrap}td.t{overflow-wrap:anywhere;min-width:64px}
td.b{min-width:110px}
table.sortable thead th:not(.b){cursor:pointer}table.sortable thead th:not(.b):hover{color:var(--ink)}
th[aria-sort=ascending]::after{content:" ▲"}th[aria-sort=descending]::after{content:" ▼"}
small{display:block;color:var(--soft);font-size:.86em;font-weight:400;white-space:normal}
.bar-cell{display:block;min-width:70px}
.track{fill:var(--track)}.fill{fill:currentColor}.limit{stroke:var(--ink);stroke-width:2}
figure{margin:14px 0 0}.panel.wide{margin:18px 0}
figcaption{display:flex;flex-wrap:wrap;gap:2px 18px;align-items:baseline}
figcaption h3{margin:0 auto 0 0;font-size:14px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 14px;margin:0;padding:0;font-size:13px;color:var(--soft)}
.legend b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
.legend i{display:inline-block;width:10px;height:10px;border-radius:3px;background:currentColor;margin-right:5px}
.legend li[role]{cursor:pointer}.legend .off{opacity:.45;text-decoration:line-through}
.ramp i{border-radius:0;margin:0;width:12px}
.save{position:relative;margin:0}.save summary{font-size:13px}
.save[open]{display:flex;gap:4px;align-items:baseline}
button{font:inherit;font-size:13px;color:var(--link);background:var(--card);border:1px solid var(--line);border-radius:6px;padding:1px 9px;cursor:pointer}
.plot{display:flex}
.plot svg.y,.plot span.y{flex:none;width:58px}
.plot span.y{font-size:12px;color:var(--soft);text-align:right;padding:3px 7px 0 0}
.plot svg.x{flex:1;min-width:0;overflow:visible;display:block}
.plot .x.time,.plot .x.curve,.plot .x.xy{cursor:crosshair;touch-action:pan-y;user-select:none;-webkit-user-select:none}
svg text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
svg text.day{font-size:11px;opacity:.8}
.grid{stroke:var(--grid);shape-rendering:crispEdges}
.border,.event{fill:none;stroke:var(--soft);stroke-dasharray:2 4;opacity:.6;vector-effect:non-scaling-stroke}.event{stroke:var(--bad);stroke-dasharray:none}
.cursor{stroke:var(--ink);shape-rendering:crispEdges}
.selection{fill:var(--select)}
.masked{fill:var(--mask)}.disturbed{fill:var(--disturbed)}.fault{fill:var(--fault)}.excluded{fill:var(--excluded)}
path.line{fill:none;stroke:currentColor;stroke-width:1.6;vector-effect:non-scaling-stroke;stroke-linejoin:round;stroke-linecap:round}
path.wide{stroke-width:5;opacity:.35}path.thin{stroke-width:1;opacity:.8}path.gate{stroke-dasharray:5 5;stroke-width:1;opacity:.7}path.dots{stroke-width:5}
.shade{fill:currentColor;opacity:.2}.bar{fill:currentColor}
.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}.c7{color:var(--c7)}
.cells path{shape-rendering:crispEdges}
.h1{fill:var(--h1);color:var(--h1)}.h2{fill:var(--h2);color:var(--h2)}.h3{fill:var(--h3);color:var(--h3)}.h4{fill:var(--h4);color:var(--h4)}.h5{fill:var(--h5);color:var(--h5)}.h6{fill:var(--h6);color:var(--h6)}.h7{fill:var(--h7);color:var(--h7)}
.strip{margin:14px 0 8px}.strip text{fill:var(--ink)}
.even{fill:var(--track)}.odd{fill:var(--line)}
.events{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:0 0 8px 58px;padding:0;font-size:13px;color:var(--soft)}
.tools{position:sticky;top:0;z-index:2;display:flex;gap:10px;align-items:center;min-height:26px;margin:0 0 0 58px}.tools[hidden]{display:none}
.moment{padding:2px 10px;border-radius:6px;background:var(--ink);color:var(--card);font-size:13px;font-variant-numeric:tabular-nums}
.moment:empty{background:none;color:var(--soft);padding:0}.moment:empty::before{content:"Point at a chart to read all of them at one moment. Drag to zoom. Click a name to hide its line."}
details{margin-top:14px}
.card{border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:8px;padding:10px 16px}
.card>summary{color:var(--ink);font-size:16px}.card>summary .note{font-size:13px}.card>p{margin:8px 0 0;max-width:78ch}.card .next b{margin-right:6px}
.card .facts{margin:10px 0 0}.card ul{margin:0;padding:0;list-style:none}.card[open]{padding-bottom:14px}.card+.tiles,.card+.list{margin-top:14px}
summary{cursor:pointer;color:var(--link);font-size:14px}
pre{margin:10px 0 0;padding:14px 16px;background:var(--page);border:1px solid var(--line);border-radius:8px;white-space:pre;overflow-x:auto}
pre.command{white-space:pre-wrap;overflow-wrap:anywhere;margin-top:0}
pre.scroll{max-height:520px;overflow:auto}
footer{color:var(--soft);font-size:13px;padding-bottom:32px}
@media (max-width:900px){.body{grid-template-columns:minmax(0,1fr);gap:16px}nav{position:static;overflow-x:auto}nav ol{display:flex;border:0}nav a{border-left:0;white-space:nowrap;padding:4px 10px 4px 0;margin:0}nav a[aria-current]{border:0}}
@media (max-width:760px){.tiles,.tiles.n5{grid-template-columns:repeat(2,minmax(0,1fr))}.tiles div:last-child:nth-child(odd){grid-column:span 2!important}}
@media (max-width:560px){.roomy{display:none}header,.body,footer{padding-left:12px;padding-right:12px}section{padding:16px 14px;border-radius:10px}h1{font-size:24px}.word{font-size:22px}.tiles div{padding:10px 12px}.tiles dd{font-size:19px}.facts div{grid-template-columns:1fr;gap:0}.plot svg.y,.plot span.y{margin-left:-8px}.tools,.events{margin-left:0}figcaption{display:block}table{font-size:13px}th,td{padding:6px 5px}td.b{min-width:64px}}
@media screen{@container (max-width:620px){table.some,table.some tbody{display:block}table.some thead{display:none}table.some tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(88px,1fr));gap:4px 12px;padding:10px 0;border-bottom:1px solid var(--line)}table.some tr:last-child{border:0}table.some th,table.some td{display:block;border:0;padding:0!important;text-align:left;min-width:0}table.some th{grid-column:1/-1}table.some td.t,table.some td.b{grid-column:span 2}table.some td.void{display:none}table.some td::before{content:attr(data-title);display:block;color:var(--soft);font-size:12px}}@container (max-width:860px){table.many,table.many tbody{display:block}table.many thead{display:none}table.many tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(88px,1fr));gap:4px 12px;padding:10px 0;border-bottom:1px solid var(--line)}table.many tr:last-child{border:0}table.many th,table.many td{display:block;border:0;padding:0!important;text-align:left;min-width:0}table.many th{grid-column:1/-1}table.many td.t,table.many td.b{grid-column:span 2}table.many td.void{display:none}table.many td::before{content:attr(data-title);display:block;color:var(--soft);font-size:12px}}}
@media print{@page{margin:14mm 14mm 16mm;@bottom-right{content:counter(page) " of " counter(pages);font:9px system-ui,sans-serif;color:#555}}:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--soft:#444}body{font-size:11px;-webkit-print-color-adjust:exact;print-color-adjust:exact}nav,.skip,.tools,.save{display:none!important}.body{display:block;padding:12px 0 0;max-width:none}header,footer{padding:0;max-width:none}section{border:0;border-top:1px solid #bbb;border-radius:0;padding:12px 0;margin:0}h2,h3,.lead{break-after:avoid}figure,tr,.verdict,.tiles,.card{break-inside:avoid}.card>summary{font-size:12px}svg text{font-size:9px}.table,pre{overflow:visible!important;max-height:none!important}pre{white-space:pre-wrap;overflow-wrap:anywhere}table,table.many{font-size:9.5px}code,pre{font-size:9px}.tiles dt,.tiles dd.note,.legend,.note,.kind,summary{font-size:10px}h1{font-size:22px}h2{font-size:15px}h3,figcaption h3{font-size:12px}th,td,table.many th,table.many td{padding:3px 4px}.bar-cell{min-width:50px}.tiles{grid-template-columns:repeat(4,minmax(0,1fr))}.tiles.n5{grid-template-columns:repeat(5,minmax(0,1fr))}.tiles dd{font-size:15px}.lead,.plain{max-width:none}}
`;

const LIGHT = `
--paper: #ffffff; --panel: #f6f7f8; --ink: #1d2329; --muted: #5c6670; --line: #e1e4e8; --shade: #00000014; --accent: #2f6db5;
--good: #1f7a4d; --good-panel: #e8f4ee; --bad: #b3261e; --bad-panel: #fbeceb;
--deviceToIommu: #4a7fc1; --iommuToQueue: #35a093; --queueWait: #d9952f; --mm: #c4524a; --response: #8163ab; --retry: #87909a;`;

const DARK = `
--paper: #15181b; --panel: #1d2125; --ink: #e4e7ea; --muted: #9aa4ae; --line: #2d3338; --shade: #ffffff14; --accent: #6fa8e8;
--good: #6cc598; --good-panel: #1a2c23; --bad: #f0857d; --bad-panel: #35201f;
--deviceToIommu: #6c9fe0; --iommuToQueue: #4fbdae; --queueWait: #e8b05a; --mm: #e57e75; --response: #ab8fd6; --retry: #98a1aa;`;

const FILLS = ['ink', 'accent', 'deviceToIommu', 'iommuToQueue', 'queueWait', 'mm', 'response', 'retry']
  .map((name) => `.fill-${name} { background: var(--${name}); fill: var(--${name}); }`)
  .join('\n');

/** How the page looks: light and dark, wide and narrow, on screen and on paper. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
:root.printing { ${LIGHT} }
@media print { :root { color-scheme: light; ${LIGHT} } }

* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.55;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, footer { max-width: 1008px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 48px; }
h1 { margin: 0; font-size: 34px; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 0 0 20px; font-size: 21px; line-height: 1.3; font-weight: 650; letter-spacing: -0.005em; }
p { margin: 0 0 12px; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.eyebrow { margin: 0 0 6px; color: var(--muted); font-size: 13px; letter-spacing: 0.04em; }
.sub { margin: 6px 0 0; color: var(--muted); font-size: 14px; overflow-wrap: anywhere; }
.verdict { display: inline-block; margin: 16px 0 0; padding: 4px 12px; border-radius: 14px; font-size: 14px; font-weight: 550; }
.verdict.good { color: var(--good); background: var(--good-panel); }
.verdict.bad { color: var(--bad); background: var(--bad-panel); }
.lead { max-width: 44em; margin: 22px 0 24px; font-size: 18px; line-height: 1.5; text-wrap: pretty; }
.warning { margin: 14px 0 0; padding: 8px 14px; border-left: 3px solid var(--queueWait); background: var(--panel); font-size: 14px; }
.nothing { margin: 4px 0 12px; padding: 12px 16px; border-radius: 6px; background: var(--panel); color: var(--muted); font-size: 15px; }

.tiles { display: grid; grid-template-columns: repeat(6, 1fr); margin: 0; border-block: 1px solid var(--line); }
.tiles div { padding: 14px 12px 14px 16px; border-left: 1px solid var(--line); }
.tiles div:first-child { padding-left: 0; border-left: 0; }
dt { color: var(--muted); font-size: 13px; }
dd { margin: 0; }
.tiles dd { font-size: 23px; line-height: 1.35; font-weight: 600; letter-spacing: -0.01em; white-space: nowrap; }
.tiles small { display: block; color: var(--muted); font-size: 12px; font-weight: 400; letter-spacing: 0; white-space: normal; }

nav { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 14px 0 0; font-size: 14px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
section { padding-top: 52px; scroll-margin-top: 0; }

figure { margin: 0 0 36px; }
section > :last-child { margin-bottom: 0; }
figcaption { margin-bottom: 4px; font-size: 16px; }
.time { margin-left: 6px; padding: 1px 8px; border: 1px solid var(--line); border-radius: 10px; color: var(--muted); font-size: 12px; white-space: nowrap; }
.caption { max-width: 62em; margin: 8px 0; color: var(--muted); font-size: 14px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 2px 0 4px; font-size: 13px; }
.legend button { padding: 2px 0; border: 0; background: none; color: inherit; font: inherit; cursor: pointer; }
.legend button[aria-pressed=false] { color: var(--muted); text-decoration: line-through; opacity: 0.6; }
.legend i, .latency i, .tip i { display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 2px; }
.axis { color: var(--muted); font-size: 12px; }
.axis.below { text-align: right; }
.plot { position: relative; width: 100%; min-height: 230px; overflow: hidden; }
.tip { position: absolute; z-index: 2; padding: 6px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--paper);
  color: var(--ink); font-size: 12px; line-height: 1.5; white-space: nowrap; pointer-events: none; font-variant-numeric: tabular-nums; }
.tip[hidden] { display: none; }
.u-cursor-x { border-color: var(--muted) !important; }

.stacks { padding-top: 6px; }
.stack-name { display: flex; justify-content: space-between; margin-top: 10px; font-size: 14px; }
.stack-name span { color: var(--muted); font-variant-numeric: tabular-nums; }
.stack { display: block; width: 100%; height: 28px; overflow: visible; }
.stack .grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.marks { display: flex; justify-content: space-between; margin-top: 4px; color: var(--muted); font-size: 12px; }
.marks span { width: 0; display: flex; justify-content: center; white-space: nowrap; }
.marks span:first-child { justify-content: flex-start; }
.marks span:last-child { justify-content: flex-end; }

.scroll { overflow-x: auto; margin: 0 0 16px;
  background: linear-gradient(90deg, var(--paper) 30%, transparent), linear-gradient(-90deg, var(--paper) 30%, transparent) 100% 0,
    linear-gradient(90deg, var(--shade), transparent), linear-gradient(-90deg, var(--shade), transparent) 100% 0;
  background-repeat: no-repeat; background-size: 40px 100%, 40px 100%, 12px 100%, 12px 100%; background-attachment: local, local, scroll, scroll; }
table { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { padding: 6px 0; color: var(--muted); font-size: 14px; text-align: left; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
th { font-weight: 400; }
thead th { color: var(--muted); font-size: 13px; white-space: nowrap; vertical-align: bottom; }
tbody th { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
small { color: var(--muted); font-weight: 400; }
.devices td, .slowest td, .latency td { white-space: nowrap; }
.latency tr:last-child th, .latency tr:last-child td { font-weight: 600; }
.audit small { display: block; font-size: 13px; }
.audit .status { white-space: nowrap; color: var(--good); }
.audit .failed .status, .bad { color: var(--bad); }
.audit .not-checked .status, .audit .not-checked { color: var(--muted); }
.totals th { width: 170px; }
.totals .number { width: 90px; padding-right: 24px; }
.devices th:first-child, .devices td:first-child, .latency th:first-child { position: sticky; left: 0; background: var(--paper); }

details { margin: 0 0 12px; font-size: 14px; }
summary { padding: 2px 0; color: var(--accent); cursor: pointer; width: fit-content; }
.numbers .scroll { max-height: 420px; overflow: auto; margin-top: 6px; border-block: 1px solid var(--line); }
.numbers table { width: auto; font-size: 13px; }
.numbers th, .numbers td { padding: 3px 20px 3px 0; text-align: right; white-space: nowrap; }
.numbers thead th { position: sticky; top: 0; background: var(--paper); }
pre { overflow: auto; max-height: 520px; margin: 8px 0; padding: 14px 16px; border-radius: 6px; background: var(--panel); }

.facts { margin: 0 0 16px; }
.facts div { display: grid; grid-template-columns: 130px 1fr; gap: 16px; padding: 6px 0; border-bottom: 1px solid var(--line); font-size: 14px; }
.facts dd { overflow-wrap: anywhere; }

.picture { margin-bottom: 28px; }
.topology svg { display: block; width: 100%; height: auto; }
.topology .down { display: none; max-width: 460px; margin: 0 auto; }
.topology path { fill: none; stroke: var(--muted); stroke-opacity: 0.45; }
.topology rect { fill: var(--panel); stroke: var(--line); }
.topology text { fill: var(--ink); font-size: 13px; }
.topology .name { font-weight: 600; }
.topology .detail, .topology .layer { fill: var(--muted); font-size: 12px; }

footer { padding-top: 28px; padding-bottom: 48px; }
footer p { padding-top: 14px; border-top: 1px solid var(--line); color: var(--muted); font-size: 13px; }
${FILLS}

@media (max-width: 760px) {
  main, footer { padding: 0 16px; }
  header { padding-top: 28px; }
  h1 { font-size: 28px; }
  .lead { font-size: 17px; }
  section { padding-top: 40px; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .tiles div { padding: 10px 12px; border-left: 0; border-bottom: 1px solid var(--line); }
  .tiles div:nth-child(odd) { padding-left: 0; border-right: 1px solid var(--line); }
  .tiles div:nth-last-child(-n+2) { border-bottom: 0; }
  .facts div { grid-template-columns: 92px 1fr; }
  .totals th, .totals .number { width: auto; padding-right: 12px; }
  .topology .across { display: none; }
  .topology .down { display: block; }
  .marks span:nth-last-child(even):not(:first-child) { visibility: hidden; }
}

@media print {
  @page { margin: 16mm 14mm; }
  body { font-size: 11pt; }
  main, footer { max-width: none; padding: 0; }
  header { padding-top: 0; }
  section { padding-top: 22pt; }
  nav, details, .tip { display: none; }
  h2 { break-after: avoid; }
  figure, tr, .tiles, .picture { break-inside: avoid; }
  .scroll { overflow: visible; background: none; }
  .latency { break-inside: avoid; }
  table { font-size: 8.5pt; }
  th, td { padding-right: 8pt; }
  .audit small { font-size: inherit; }
  .slowest td:last-child { white-space: normal; overflow-wrap: anywhere; }
  .stack rect, .legend i, .latency i, .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

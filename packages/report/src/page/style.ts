/** The page's style sheet: one column, system fonts, print rules. */
export const style = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1a1a1a; font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
header, nav, main, footer { max-width: 808px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 40px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 21px; line-height: 1.3; margin: 48px 0 8px; padding-top: 16px; border-top: 1px solid #d0d0d0; }
h3 { font-size: 17px; margin: 32px 0 8px; }
p { margin: 8px 0; max-width: 68ch; }
.muted, figcaption, footer { color: #4d4d4d; font-size: 14.5px; }
a { color: #0b57a4; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid #0072b2; outline-offset: 2px; }
nav ol { margin: 16px 0 0; padding-left: 20px; columns: 2; column-gap: 40px; font-size: 15px; }
nav li { break-inside: avoid; padding-right: 8px; }
figure { margin: 16px 0 24px; }
figure > svg { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: 8px; max-width: 75ch; }
details { margin: 8px 0 24px; font-size: 14.5px; }
summary { cursor: pointer; color: #0b57a4; width: fit-content; }
.scroll { overflow-x: auto; margin: 12px 0; }
table { border-collapse: collapse; font-size: 13.5px; line-height: 1.35; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { padding: 4px 7px; text-align: left; vertical-align: bottom; border-bottom: 1px solid #e2e2e2; overflow-wrap: break-word; }
td { vertical-align: top; }
tbody th { font-weight: 500; vertical-align: top; min-width: 6.5em; overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid #767676; font-weight: 600; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
dl { margin: 8px 0; font-size: 14.5px; }
dt { font-weight: 600; margin-top: 8px; overflow-wrap: anywhere; }
dd { margin: 0 0 0 16px; color: #4d4d4d; }
h1, h2, h3, p, li, summary { overflow-wrap: anywhere; }
footer { margin-top: 48px; padding-bottom: 48px; }
@media (max-width: 600px) { nav ol { columns: 1; } h1 { font-size: 25px; } }
@media print {
  @page { margin: 16mm 14mm; }
  body { font-size: 10.5pt; }
  header, nav, main, footer { max-width: none; padding: 0; }
  header { padding-top: 0; }
  h2, h3 { break-after: avoid; }
  h2 { margin-top: 24px; }
  figure, tr, dt { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding: 2px 4px; }
  details { display: none; }
  a { color: inherit; text-decoration: none; }
}
`;

/** The look of central QA's page: the cell's own grey field (ISA-101), colour only for what is abnormal. */

/** The one style sheet, put into each page; the content policy names its digest. */
export const style = `
:root {
  --bg: #c8ccd0; --bar: #b3b9c1; --panel: #dfe2e5; --key: #eff1f3; --line: #6b737b;
  --ink: #15191d; --ink2: #39424a; --act: #1d4f7c; --p1: #a80016; --p2: #b34700; --p3: #ffd21f;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink);
  font: 18px/1.4 "Noto Sans", "DejaVu Sans", system-ui, sans-serif; font-variant-numeric: tabular-nums; }
header { background: var(--bar); border-bottom: 2px solid var(--line); padding: 10px 20px; display: flex; flex-wrap: wrap;
  gap: 8px 24px; align-items: center; }
header p { margin: 0; }
header .where { font-weight: 700; font-size: 21px; margin-right: auto; }
nav { background: var(--bar); border-bottom: 2px solid var(--line); padding: 8px 20px; display: flex; flex-wrap: wrap; gap: 8px; }
nav.pages { background: none; border: 0; padding: 8px 0; align-items: center; } nav.pages p { margin: 0 12px 0 0; }
nav a, button, .button { display: inline-block; min-height: 48px; padding: 10px 20px; border: 2px solid var(--ink2); border-radius: 8px;
  background: var(--key); color: var(--ink); font: inherit; font-weight: 700; text-decoration: none; cursor: pointer; }
nav a[aria-current] { background: var(--ink2); color: #fff; }
button.act { background: var(--act); border-color: #0f3252; color: #fff; }
button.quiet { font-weight: 500; }
main { padding: 16px 20px 40px; max-width: 1240px; margin: 0 auto; }
h1 { font-size: 25px; margin: 4px 0 12px; } h2 { font-size: 20px; margin: 20px 0 8px; }
.panel, li.item, form.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; margin: 0 0 12px; }
ul.items { list-style: none; padding: 0; margin: 0; }
li.item { border-left: 10px solid var(--line); }
li.r1 { border-left-color: var(--p1); } li.r2 { border-left-color: var(--p2); } li.r3 { border-left-color: var(--p3); }
.mark { display: inline-block; font-weight: 700; padding: 1px 10px; margin-right: 8px; border: 2px solid var(--ink); background: #fff; color: var(--ink); }
.m1 { background: var(--p1); border-color: var(--p1); color: #fff; } .m2 { background: var(--p2); border-color: var(--p2); color: #fff; border-radius: 12px; }
.m3 { background: var(--p3); color: #15191d; }
.unknown { background: repeating-linear-gradient(45deg, #fff 0 8px, #e3e6e9 8px 16px); border: 2px dashed var(--ink2); padding: 1px 10px; font-weight: 700;
  display: inline-block; white-space: nowrap; }
.simulated { background: #fff; border: 2px dashed var(--ink); font-weight: 700; text-align: center; padding: 6px; margin: 0 0 12px; }
.soft { color: var(--ink2); margin: 4px 0; } .what { margin: 0 0 4px; font-weight: 700; }
.row { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: end; }
.row p, .row > .button { margin: 4px 0; } th[scope="row"] { min-width: 7em; }
table { border-collapse: collapse; width: 100%; background: var(--panel); } .wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: 8px 12px; border: 1px solid var(--line); } th { background: var(--bar); }
label { display: block; font-weight: 700; } input, select { font: inherit; min-height: 48px; width: 100%; max-width: 420px;
  padding: 8px 12px; border: 2px solid var(--ink2); border-radius: 6px; background: #fff; color: var(--ink); }
a { color: #123d63; } code { font-family: "DejaVu Sans Mono", monospace; font-size: 16px; overflow-wrap: anywhere; }
.said { border-left: 10px solid var(--p2); background: #fff4e8; padding: 10px 16px; font-weight: 700; }
:focus-visible { outline: 4px solid #1d4f7c; outline-offset: 2px; }
@media (max-width: 640px) { main, header, nav { padding-left: 12px; padding-right: 12px; } body { font-size: 17px; } }
`;

"""How the report's page looks: light, dark, or on paper without colour."""

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf8; --ink: #1d1c1a; --soft: #6d6a64; --line: #dedad2;
  --card: #fff; --landed: #1f8a5b; --late: #c2571a; --early: #2f6fb7; --bad: #b3263a; --fate: #77726a;
  --band: #1f8a5b1c; }
@media (prefers-color-scheme: dark) { :root { --paper: #15161a; --ink: #ecebe7; --soft: #9b988f;
  --line: #2f3138; --card: #1c1e24; --landed: #4cc38a; --late: #f0904c; --early: #6caef0; --bad: #ff6b7d;
  --fate: #8e8a82; --band: #4cc38a1f; } } * { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1100px; padding: 2.5rem 1.5rem 4rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 1.7rem; margin: 0; letter-spacing: -.01em; }
h1.show { font-size: 1.3rem; margin-top: 2.5rem; }
h2 { font-size: 1.05rem; margin: 2.5rem 0 .75rem; }
.lead { color: var(--soft); margin: .25rem 0 1.5rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .75rem; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem; }
.tile b { display: block; font-size: 1.55rem; line-height: 1.2; font-weight: 620; }
.tile span { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .75rem;
  overflow-x: auto; }
svg { display: block; width: 100%; min-width: 640px; height: auto; font: inherit; }
svg.sign { width: 14px; min-width: 0; height: 14px; display: inline-block; vertical-align: -2px; }
.grid { stroke: var(--line); }
.zero { stroke: var(--soft); }
.band { fill: var(--band); }
.stripe { fill: var(--line); opacity: .22; }
.tick { fill: var(--soft); font-size: 12px; }
.label { fill: var(--ink); font-size: 13px; }
.v-landed { fill: var(--landed); stroke: var(--landed); }
.v-late { fill: var(--late); stroke: var(--late); }
.v-early { fill: var(--early); stroke: var(--early); }
.v-short, .v-over, .v-hunted { fill: var(--bad); stroke: var(--bad); }
.cross { fill: none; stroke: var(--fate); stroke-width: 2; }
.faint { opacity: .38; }
.whisker { stroke-width: 2; opacity: .6; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line); }
td { border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
td.n, th.n { text-align: right; }
.soft { color: var(--soft); }
.ng { text-decoration: line-through; }
.legend { color: var(--soft); font-size: 13px; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem;
  padding: .6rem .4rem 0; }
ol { padding-left: 1.4rem; }
li { margin: .2rem 0; }
footer { color: var(--soft); margin-top: 3rem; font-size: 13px; }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb;
  --card: #fff; --landed: #000; --late: #000; --early: #000; --bad: #000; --fate: #000; --band: #eee;
  } body { padding: 0; max-width: none; font-size: 11px; }
.tile, .card { break-inside: avoid; }
tr { break-inside: avoid; } }
""".strip()

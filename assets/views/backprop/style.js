// Appearance of the backpropagation page's controls and panels; the picture itself is drawn on a canvas.

export const CSS = `
.bp { display: grid; gap: 6px; }
.bp-top { position: sticky; top: var(--nnlab-top, 0px); z-index: 25; display: grid; gap: 6px; background: var(--ground); }
.bp-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 6px 12px; min-height: 56px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--panel); }
.bp-keys { display: flex; align-items: center; gap: 4px; flex-wrap: wrap; }
.bp-phases { display: flex; flex-wrap: wrap; gap: 4px; }
.board .bp-phase { border: 1px solid var(--line); background: var(--ground); border-radius: 16px; padding: 3px 8px; font-size: 14px; }
.board .bp-phase.done { border-color: var(--accent); }
.board .bp-phase.on { background: var(--accent); color: #fff; border-color: var(--accent); font-weight: 600; }
.bp-figures { display: flex; gap: 10px; margin-left: auto; font-size: 14px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bp-figures b { font-size: 17px; font-weight: 700; }
.bp-after { display: inline-block; min-width: 4.2em; padding-left: 4px; color: var(--good); }
.bp-after.worse { color: var(--bad); }
.bp-sentence { margin: 0; min-height: 2.8em; font-size: 17px; line-height: 1.4; overflow-wrap: anywhere; }
.bp-sentence b { color: var(--accent); margin-right: 6px; }
.bp-example { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; font-size: 14px; }
.bp-example label { display: inline-flex; align-items: center; gap: 6px; }
.bp-turn { display: inline-flex; align-items: center; gap: 6px; }
.board .bp input[type=text] { width: 78px; padding: 4px 7px; font: 600 15px var(--st-code-font, monospace); color: var(--ink); background: var(--ground); border: 1px solid var(--line); border-radius: 7px; }
.board .bp input[aria-invalid=true] { border-color: var(--bad); }
.bp-problem { margin: 0; color: var(--bad); flex-basis: 100%; }
.bp-problem:empty { display: none; }
.bp-scroll { overflow-x: auto; }
.bp-scroll canvas { border-radius: var(--radius); touch-action: pan-x pan-y; }
.bp-chain { border: 1px solid var(--line); border-radius: var(--radius); background: var(--panel); padding: 6px 14px; }
.bp-hint { margin: 2px 0; color: var(--faint); font-size: 14px; }
.bp-head { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 16px; }
.board .bp-head h4 { margin: 0; padding: 0; font-size: 18px; font-weight: 700; }
.bp-columns { display: grid; grid-template-columns: minmax(0, 1.5fr) minmax(290px, 1fr); gap: 8px 26px; margin-top: 6px; }
.bp-lines { font-size: 15.5px; line-height: 1.6; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.bp-strong { font-size: 19px; font-weight: 700; }
.bp-faint { color: var(--faint); }
.bp-table { display: grid; gap: 4px; }
.bp-table div { display: flex; justify-content: space-between; gap: 14px; border-bottom: 1px solid var(--line); padding: 2px 0; font-size: 15px; }
.bp-table b { font-family: var(--st-code-font, monospace); font-size: 17px; font-variant-numeric: tabular-nums; }
.bp-verdict, .bp-move { margin: 8px 0 0; font-size: 15px; overflow-wrap: anywhere; }
.bp-verdict { color: var(--warn); font-weight: 600; }
.bp-verdict.bp-good { color: var(--good); }
.bp-failed { padding: 8px 16px; font-size: 16px; color: var(--warn); }
@container stage (max-width: 760px) {
  .bp-columns { grid-template-columns: minmax(0, 1fr); } .bp-figures { margin-left: 0; } .bp-sentence { font-size: 16px; }
  .bp-example { gap: 6px 10px; } .bp-lead { display: none; } .board .bp input[type=text] { width: 58px; } .bp-example .small { padding: 4px 8px; }
}
`;

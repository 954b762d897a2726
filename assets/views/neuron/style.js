/** Appearance of the views of one neuron. */

export const CSS = `
.neuron { display: grid; gap: 14px 18px; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) minmax(250px, 300px); align-items: start; height: 100%; grid-template-rows: minmax(0, 1fr); }
.neuron > .facts { max-height: 100%; overflow: hidden auto; scrollbar-width: thin; }
.neuron.two { grid-template: none / minmax(0, 1fr) minmax(0, 1fr); height: auto; }
.neuron h4 { margin: 0 0 4px; font-size: 15px; font-weight: 600; color: var(--ink); }
.neuron .tools { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 9px; font-size: 14px; min-height: 32px; margin-bottom: 4px; }
.neuron .note { margin: 4px 0 0; font-size: 14px; color: var(--faint); min-height: 2.7em; font-variant-numeric: tabular-nums; }
.neuron .facts { display: grid; gap: 10px; font-size: 14px; font-variant-numeric: tabular-nums; }
.neuron .big { font-size: 28px; font-weight: 600; line-height: 1.15; letter-spacing: -0.02em; }
.neuron .formula { font-family: var(--st-code-font, monospace); font-size: 14px; overflow-wrap: anywhere; }
.neuron .label { font-size: 14px; color: var(--faint); }
.neuron .verdict { font-size: 14px; padding: 8px 10px; border-radius: 8px; border: 1px solid var(--line); border-left: 4px solid var(--faint); min-height: 4.4em; }
.neuron .verdict.good { border-left-color: var(--good); }
.neuron .verdict.bad { border-left-color: var(--bad); }
.neuron .bar { height: 10px; border-radius: 5px; background: var(--line); overflow: hidden; }
.neuron .bar i { display: block; height: 100%; background: var(--accent); transform-origin: left; }
.neuron table { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
.neuron th { text-align: right; font-weight: 500; color: var(--faint); padding: 1px 4px; white-space: nowrap; }
.neuron td { text-align: right; padding: 1px 4px; white-space: nowrap; border-top: 1px solid var(--line); height: 22px; }
.neuron th:first-child, .neuron td:first-child { text-align: left; }
.neuron tr.moved td { font-weight: 600; background: color-mix(in srgb, var(--accent) 14%, transparent); }
.neuron .line { display: inline-block; width: 26px; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 6px; }
.neuron :is(.map, .mse, .ce, .weights, .solid) canvas { touch-action: none; } /* they are dragged; over any other a finger scrolls the page */
.neuron .across { grid-column: 1 / -1; }
.neuron .row { display: flex; flex-wrap: wrap; gap: 10px 24px; align-items: baseline; }
.neuron .row > div { min-width: 8.5em; }
.neuron input.value { width: 5.2em; padding: 3px 6px; border: 1px solid var(--line); border-radius: 7px; background: var(--ground); font-weight: 600; }
/* One neuron starts where its fields say: there are no weights to draw by lot. */
.player .fresh { display: none; }
@container stage (max-width: 980px) {
  .neuron { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .neuron { grid-template-rows: none; }
  .neuron .facts { grid-column: 1 / -1; max-height: none; }
}
@container stage (max-width: 560px) { .neuron, .neuron.two { grid-template-columns: minmax(0, 1fr); } }
`;

/** Puts the rules and the template into `root`. @param {HTMLElement} root @param {string} template */
export function dress(root, template) {
  root.innerHTML = `<style>${CSS}</style>${template}`;
}

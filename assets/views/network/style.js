/**
 * The look of the network panel; colours are custom properties that `theme` sets.
 *
 * @import { Theme } from "../../kit/types.d.ts"
 */

export const STYLE = `
.nn { position: relative; color: var(--nn-text); font-size: 14px; line-height: 1.35; }
.nn-top { min-height: 32px; }
.nn-top .nn-caption { margin-left: auto; color: var(--nn-faint); font-size: 14px; font-variant-numeric: tabular-nums; }
.nn-phase { margin: 0; height: 20px; color: var(--nn-faint); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.nn-phase b { color: var(--nn-text); }
.nn-phase.on { position: absolute; z-index: 3; left: 0; right: 0; bottom: 0; height: auto; padding: 6px 10px; border-radius: 8px; white-space: normal; color: var(--nn-text); background: var(--nn-panel); }
.nn-phase.on b { background: var(--nn-primary); color: var(--nn-background); border-radius: 4px; padding: 1px 7px; margin-right: 4px; }
/* Shadows at the sides where more of a deep network is out of sight: two covers scroll with it, two shadows stay. */
.nn-scroll { overflow-x: auto; overflow-y: hidden; scrollbar-width: thin; background:
  linear-gradient(to right, var(--nn-background) 45%, transparent) left / 34px 100% no-repeat local,
  linear-gradient(to left, var(--nn-background) 45%, transparent) right / 34px 100% no-repeat local,
  linear-gradient(to right, rgb(128 128 128 / .5), transparent) left / 16px 100% no-repeat scroll,
  linear-gradient(to left, rgb(128 128 128 / .5), transparent) right / 16px 100% no-repeat scroll; }
.nn-stage { position: relative; width: 100%; }
.nn-stage canvas { display: block; }
.nn-stage canvas + canvas { position: absolute; left: 0; bottom: 0; }
.nn-stage canvas:focus { outline: none; }
.nn-stage canvas:focus-visible { outline: 2px solid var(--nn-primary); outline-offset: -2px; border-radius: 6px; }
.nn-heads { position: relative; height: 58px; }
.nn-head { position: absolute; top: 0; transform: translateX(-50%); text-align: center; font-size: 14px; white-space: nowrap; }
.nn-head .nn-count { display: inline-flex; align-items: center; gap: 5px; height: 26px; }
.nn-head output { min-width: 1.3em; font-weight: 600; font-variant-numeric: tabular-nums; }
.nn button.nn-round { width: 24px; height: 24px; padding: 0; border-radius: 50%; font: 600 15px/1 var(--nn-font);
  color: var(--nn-text); background: var(--nn-panel); border: 1px solid var(--nn-border); cursor: pointer; }
.nn button.nn-round:hover:not(:disabled) { border-color: var(--nn-primary); color: var(--nn-primary); }
.nn button.nn-round:disabled { opacity: .35; cursor: default; }
.nn select.nn-bend { display: block; margin: 3px auto 0; width: 82px; height: 25px; padding: 0 2px; font: 12.5px var(--nn-font); color: var(--nn-text);
  background: var(--nn-panel); border: 1px solid var(--nn-border); border-radius: 5px; }
.nn-tight .nn-head .nn-count { gap: 2px; }
.nn-tight .nn-head button.nn-round { width: 19px; height: 19px; font-size: 14px; }
.nn-tight .nn-head select.nn-bend { width: 60px; font-size: 14px; }
.nn-end { color: var(--nn-faint); line-height: 26px; }
.nn-formula { position: absolute; z-index: 4; width: max-content; pointer-events: none; padding: 8px 12px; border-radius: 8px; background: var(--nn-background);
  border: 1px solid var(--nn-border); box-shadow: 0 6px 24px rgb(0 0 0 / .25); font-size: 14px; }
.nn-formula .nn-title { font-weight: 600; }
.nn-formula .nn-line { font-family: var(--nn-mono); font-size: 14px; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.nn-formula .nn-where { color: var(--nn-faint); }
.nn-editor { position: absolute; z-index: 5; width: 236px; padding: 10px 12px; border-radius: 10px; background: var(--nn-background);
  border: 1px solid var(--nn-border); box-shadow: 0 6px 24px rgb(0 0 0 / .25); }
.nn-editor label { display: block; font-size: 14px; font-weight: 600; margin-bottom: 6px; }
.nn-editor .nn-row { display: flex; gap: 8px; align-items: center; }
.nn-editor input[type=number] { width: 92px; font: 15px var(--nn-mono); padding: 4px 6px; color: var(--nn-text); background: var(--nn-panel);
  border: 1px solid var(--nn-border); border-radius: 5px; }
.nn-editor input[type=range] { width: 100%; margin: 8px 0 2px; accent-color: var(--nn-primary); }
.nn-editor small { color: var(--nn-faint); font-size: 14px; }
.nn-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

/** @param {HTMLElement} element @param {Theme} theme */
export function paintStyle(element, theme) {
  for (const name of /** @type {const} */ (["text", "faint", "border", "primary", "panel", "background", "font", "mono"])) {
    element.style.setProperty(`--nn-${name}`, theme[name]);
  }
}

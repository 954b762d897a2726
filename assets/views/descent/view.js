/**
 * What every view of the race does: it keeps the newest scene and theme, and how each racer looks in them.
 *
 * @import { Look } from "../../kit/racers.js"
 * @import { Board, Scene, Theme } from "../../kit/types.d.ts"
 */
import { looks, pickedRacer } from "../../kit/racers.js";

export class RaceView {
  /** @type {Scene | null} */
  sceneNow = null;
  /** @type {Theme | null} */
  colours = null;
  /** @type {Look[]} */
  looks = [];

  /** @param {Board} board */
  constructor(board) {
    this.board = board;
  }

  /** The racer that is looked at, where there is one: the one that was picked may have gone since. */
  get chosen() {
    return Math.min(pickedRacer(this.board), this.looks.length - 1);
  }

  /** @param {Theme} theme */
  theme(theme) {
    this.colours = theme;
    if (this.sceneNow) this.scene(this.sceneNow);
  }

  /** @param {Scene} scene */
  scene(scene) {
    this.sceneNow = scene;
    if (this.colours) this.looks = looks(scene, this.colours);
  }
}

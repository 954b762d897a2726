/**
 * The columns of the array "race", a row for each racer, and what is read off them.
 *
 * @import { Board, Named, Scene, Terrain } from "../../kit/types.d.ts"
 */
import { pickedRacer } from "../../kit/racers.js";

export const NEVER = -1;
export const [X, Y, HEIGHT, DISTANCE, LEFT, ARRIVED] = [0, 1, 2, 3, 4, 5];
const WIDTH = 8;

/** The row of racer `i`. @param {Named} race @param {number} i */
export const racerOf = (race, i) => race.data.subarray(i * WIDTH, (i + 1) * WIDTH);

/** The lowest known height: what "loss" is measured from. @param {Terrain} surface */
export const floorOf = (surface) => Math.min(...surface.minima.map((m) => m[2]));

/** The racer that is looked at. @param {Pick<Board, "optionOf">} board @param {Scene} scene */
export const chosenOf = (board, scene) => Math.min(pickedRacer(board), (scene.facts.racers ?? []).length - 1);

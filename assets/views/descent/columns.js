/**
 * The columns of the array "race", a row for each racer, and what is read off them.
 *
 * @import { Named, Terrain } from "../../kit/types.d.ts"
 */

export const NEVER = -1;
export const [X, Y, HEIGHT, DISTANCE, LEFT, ARRIVED] = [0, 1, 2, 3, 4, 5];
const WIDTH = 8;

/** The row of racer `i`. @param {Named} race @param {number} i */
export const racerOf = (race, i) => race.data.subarray(i * WIDTH, (i + 1) * WIDTH);

/** The lowest known height: what "loss" is measured from. @param {Terrain} surface */
export const floorOf = (surface) => Math.min(...surface.minima.map((m) => m[2]));

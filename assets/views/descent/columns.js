/** The columns of the array "race", a row for each racer. */

export const NEVER = -1;
export const [X, Y, HEIGHT, DISTANCE, LEFT, ARRIVED, RATE, SLOPE] = [0, 1, 2, 3, 4, 5, 6, 7];
export const WIDTH = 8;

/** The lowest known height: what "loss" is measured from. */
export const floorOf = (scene) => Math.min(...scene.facts.surface.minima.map((m) => m[2]));

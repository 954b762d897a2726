/** What passes between kit, board and views, for the type check; no browser loads this file. The wire: docs/architecture.md. */

export type Values = Uint8Array | Int32Array | Float32Array | Float64Array;

/** An array of a scene, a frame or an answer; what is not finite is NaN or infinite. */
export interface Named {
  data: Values;
  shape: number[];
  low?: number;
  high?: number;
}

/** An array that goes up with a command. */
export interface Sent {
  data: Values;
  shape: number[];
}

export type Arrays = Record<string, Named>;

/** A layer of the network and its place in the flat vector; the bias is -1 where there is none. */
export interface Block {
  name: string;
  fan_in: number;
  fan_out: number;
  start: number;
  stride: number;
  bias: number;
  bias_stride: number;
  activation: string;
  /** what its page calls it; "": by its number */
  title: string;
}

export interface Norm {
  name: string;
  start: number;
  units: number;
}

export interface Term {
  name: string;
  sentence: string;
}

export interface Racer {
  kind: string;
  name: string;
  settings: Record<string, number>;
  learning_rate: number;
  schedule: string;
  noise: number;
  colour: string;
  parts: Term[];
  quantities: Term[];
}

/** The surface of a race: where it is defined, and its known minima (x, y, height). */
export interface Terrain {
  title: string;
  expression: string;
  domain: [number, number, number, number];
  minima: [number, number, number][];
  start: [number, number];
  log_height: boolean;
}

/** What is measured of a run (nnlab/core/metrics.py); `split` is empty for what is neither of training nor of test. */
export interface Metric {
  name: string;
  label: string;
  /** what is measured, such as "loss": metrics of one kind share a plot */
  kind: string;
  unit: string;
  split: "train" | "test" | "";
  better: string;
  /** where several are measured alike, what tells this one apart: its label names its curve */
  key?: string;
}

/** A code with values, whose sentence is in `words/`; or a text as it is. */
export interface Told {
  code?: string;
  values?: Record<string, any>;
  text?: string;
}

/** What the inputs are (nnlab/core/forms.py); points have axes. */
export interface Form {
  name: string;
  limit?: number;
  axis_names?: string[];
  axis_scales?: Scale[];
  [more: string]: any;
}

export interface Scale {
  offset: number;
  factor: number;
}

/** What is to be predicted. */
export interface Target {
  kind: "class" | "number" | "sequence" | "itself" | "none";
  classes?: number;
  outputs: number;
  class_names?: string[];
  name?: string;
  scale?: Scale;
}

/** What a family says of itself once (`Learner.facts`). */
export interface Facts {
  parameters?: number;
  flops?: number;
  features: string[];
  blocks: Block[];
  norms?: Norm[];
  racers?: Racer[];
  /** of a network of pictures: its stages, the picture first */
  stages?: { name: string; kind: string; shape: number[] }[];
  /** whether most of its pictures are bright at their edges */
  bright?: boolean;
  surface?: Terrain;
  /** of transfer learning: its networks in order, all stages but the picture, those with weights, and how many blocks are kept */
  transfer?: {
    courses: { name: string; label: string }[];
    stages: string[];
    weighted: string[];
    kept: number;
    source: string;
    source_updates: number;
    source_classes: number;
    expected: { per_class: number; updates: number; courses: [string, number, number][] } | null;
  };
  rows?: string[];
  lead?: number;
  shift?: number[];
  spread?: number[];
}

/** The experiment as JSON; what its parts hold is the business of their kinds, and Python has checked it. */
export interface Experiment {
  seed: number;
  data: Record<string, any>;
  model: Record<string, any>;
  training: Record<string, any>;
}

export interface Scene {
  type: "scene";
  scene: number;
  /** of the experiment in it */
  version: number;
  experiment: Experiment;
  form: Form;
  answer: Target;
  counts: Record<string, number>;
  facts: Facts;
  /** the arrays of every analysis that this model can give */
  offers: Record<string, string[]>;
  metrics: Metric[];
  phases: string[];
  groups: { name: string; path: string }[];
  /** one pass over the data, such as "epoch"; "step" where there is none */
  pass_name: string;
  shape?: string;
  arrays: Arrays;
  // shortcuts that wire.js adds
  limit: number;
  axis_names: string[];
  axis_scales: [offset: number, factor: number][];
  /** whether a number is predicted */
  numbers: boolean;
  classes: number;
  class_names: string[];
  target_name: string;
  target_scale: [offset: number, factor: number];
  blocks: Block[];
  features: string[];
  /** x, y, label, is_test of every point */
  points: Float32Array;
  ids: Int32Array;
  units: number;
  unit_at(layer: number, unit: number): number;
}

export interface Finding extends Told {
  code: string;
  label: Told | null;
  /** what the button tells the run before it applies the remedy */
  command: string;
  remedy: Record<string, unknown>;
}

/** By the names of the scene's metrics; null where it is not finite. */
export type Measured = Record<string, number | null | undefined>;

export interface Frame {
  type: "frame";
  scene: number;
  step: number;
  epoch: number;
  batch?: number;
  batches?: number;
  phase: string;
  playing: boolean;
  version: number;
  lr: number;
  metrics: Measured;
  /** how many examples a split was measured on, where these are not all */
  sampled?: Record<string, number>;
  /** whether the metrics are of a step before this one */
  stale?: boolean;
  rate?: { epochs_s: number; steps_s: number };
  findings: Finding[];
  stopped: Told | null;
  /** the step that is being searched */
  seeking?: number | null;
  span?: [number, number];
  /** how often the run went over to another course, and at which step last */
  course?: [count: number, left: number];
  /** courses that it left: where they part from this one, and where they end */
  branches?: { id: number; from: number; to: number }[];
  speed: number;
  restarted?: boolean;
  /** the newest of every array watched so far */
  arrays: Arrays;
  /** the names of those that came just now */
  fresh: Set<string>;
  /** rows of the curves since the frame before */
  curve?: Values;
}

/** A run that this person keeps on the server. */
export interface Snapshot {
  name: string;
  shape: string;
  step: number;
  loss: number | null;
  experiment: Experiment;
}

export interface Answer {
  type: "answer";
  id: number;
  name: string;
  /** none where there is an error */
  arrays: Arrays;
  error?: string;
  /** why there will be no answer: asked again, it waits for the next connection; or the run has left its process */
  lost?: "connection" | "run";
}

export type Lut = Uint32Array;

export interface Theme {
  dark: boolean;
  background: string;
  panel: string;
  text: string;
  faint: string;
  border: string;
  halo: string;
  primary: string;
  font: string;
  mono: string;
  negative: string;
  middle: string;
  positive: string;
  good: string;
  warn: string;
  bad: string;
  train: string;
  test: string;
  classes: string[];
  marks: string[];
  points: string[];
  class_points: string[];
  lut: Lut;
}

/** A canvas as wide as its place; sizes are CSS pixels. */
export interface Surface {
  canvas: HTMLCanvasElement;
  ctx: CanvasRenderingContext2D;
  width: number;
  height: number;
  scale: number;
  fit(width?: number): boolean;
}

export interface SurfaceOptions {
  /** `room`: what is left on the stage; Infinity elsewhere. A picture is never higher than that. */
  height?: number | ((width: number, room: number) => number);
  ratio?: number;
  label?: string;
  /** Whether it is as high as it asks for, and is scrolled where the stage is too low. */
  whole?: boolean;
  /** The picture that this one lies over, as high as it is. */
  over?: Surface;
}

/** One panel's picture, as `create` of its module returns it. */
export interface View {
  scene(scene: Scene): void;
  frame(frame: Frame): void;
  theme?(theme: Theme): void;
  resize?(): void;
  alt?(): string;
  destroy?(): void;
}

export interface ViewModule {
  create(root: HTMLElement, board: Board): View;
}

/** The run's curves: rows of `columns`. */
export interface Curves {
  columns: string[];
  column(name: string): number;
  length: number;
  changes: number;
  at(row: number, column: number): number;
  nearest(column: number, value: number): number;
}

export type Unit = [layer: number, unit: number];

/** What a board tells its listeners. */
export interface Events {
  scene: Scene;
  frame: Frame;
  state: "connecting" | "open" | "lost" | "gone";
  option: string;
  chosen: string;
  /** somebody presses play, and it has not begun yet */
  starts: boolean;
  focus: Unit | null;
  limit: number | null;
  /** what a view has measured to be wrong; the assistant says it; null: it holds no more */
  measured: { by: string; told: (Told & { code: string }) | null };
  beside: string;
  notice: Told & { level: "info" | "warning" | "error"; stay?: boolean };
  refused: { problems: [field: string, sentence: string][] };
  experiment: { version: number; experiment: Experiment; returned?: boolean };
  kept: { all: Snapshot[] };
  progress: { id: number; name: string; share: number };
  answer: Answer;
}

/** The board as views and controls see it. */
export interface Board {
  scene: Scene | null;
  frame: Frame | null;
  theme: Theme | null;
  experiment: Experiment | null;
  snapshots: Snapshot[];
  focused: Unit | null;
  /** where the plane was last pointed at */
  pointed: [number, number] | null;
  history: Curves;
  /** the tooltip; null hides it */
  tip(x: number | null, y?: number, text?: string): void;
  redraw(view?: View): void;
  option(analysis: string, name: string, value: unknown): void;
  choose(analysis: string, name: string, value: unknown): void;
  optionOf(analysis: string, name: string): any;
  /** what a person has chosen in a view, by the key under which it is remembered: links carry it */
  keep(name: string, chosen: Record<string, unknown>): void;
  picture(analysis: string, name: string, array: Sent | null): void;
  want(offer: string, wanted: boolean): void;
  focus(unit: Unit | null): void;
  send(name: string, argument: unknown, arrays?: Record<string, Sent>): void;
  set(changes: Record<string, unknown>): number;
  point(argument: { op: string; id?: number; x?: number; y?: number; label?: number; bits?: string }): void;
  changed(): void;
  edit(index: number, value: number): void;
  ask(name: string, options?: Record<string, unknown>, arrays?: Record<string, Sent>): Promise<Answer> & { id: number };
  canvas(root: HTMLElement, options?: SurfaceOptions): Surface;
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void;
  emit<E extends keyof Events>(event: E, value: Events[E]): void;
}

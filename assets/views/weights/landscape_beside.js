/**
 * The landscape of a kept run beside that of the present one: the same directions, the same heights, the same colours.
 *
 * @import { Figure } from "../../kit/plotly_panel.js"
 * @import { Board } from "../../kit/types.d.ts"
 * @import { Picture } from "./landscape_figure.js"
 * @import { Answers } from "../../kit/study.js"
 * @typedef {{height: number, options: () => Record<string, unknown>, read: (arrays: Answers) => Picture, figure: (picture: Picture, panel: PlotlyPanel) => Figure, changed: () => void}} Of
 */
import { make } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { PlotlyPanel } from "../../kit/plotly_panel.js";
import { snapshotsOf } from "./snapshots.js";
import { Study } from "../../kit/study.js";

export class Beside {
  /** @type {Picture | null} */
  picture = null;
  /** @type {Picture | null} that is on the screen */
  shown = null;
  look = ""; // with which it is on the screen
  /** @type {PlotlyPanel | null} */
  panel = null;

  /** @param {HTMLElement} root @param {Board} board @param {Of} of */
  constructor(root, board, of) {
    this.of = of;
    this.root = root;
    this.snapshots = snapshotsOf(board);
    this.box = make("div", { style: "min-width:0" });
    this.caption = make("p", { style: "margin:0 0 4px;font-size:14px;font-weight:600" });
    this.study = new Study(board, "landscape", {
      options: () => ({ ...of.options(), of: this.snapshots.chosen }),
      answered: (arrays) => {
        this.picture = of.read(arrays);
        this.write();
        of.changed();
      },
      failed: (sentence) => {
        this.caption.textContent = sentence;
      },
    });
    this.box.append(this.caption, this.study.bar);
    this.off = board.on("beside", () => this.begin());
    if (this.snapshots.beside) this.begin();
  }

  /** Another run stands beside, or none. */
  begin() {
    const { beside } = this.snapshots;
    this.picture = null;
    if (!beside) {
      this.box.remove();
      this.of.changed();
      return;
    }
    this.root.append(this.box);
    this.panel ??= new PlotlyPanel(this.box, { height: this.of.height, label: "The loss around the weights of the kept run" });
    this.caption.textContent = `${this.snapshots.describe(beside)}…`;
    this.request();
  }

  /** Something that both pictures share was chosen. */
  request() {
    if (this.snapshots.beside) this.study.request({ instead: true });
    else this.of.changed();
  }

  write() {
    const { beside } = this.snapshots;
    if (beside && this.picture) this.caption.textContent = `${this.snapshots.describe(beside)}, ${this.picture.split} loss ${number(this.picture.path.at(-1)?.truth, 3)}`;
  }

  /** `look`: what the picture depends on beside its numbers; it is drawn again only where that is another. @param {string} look */
  draw(look) {
    const { picture, panel } = this;
    if (!picture || !panel || (look === this.look && this.shown === picture)) return;
    this.look = look;
    this.shown = picture;
    panel.show(() => this.of.figure(this.picture ?? picture, panel));
  }

  resize() {
    this.panel?.resize();
  }

  destroy() {
    this.off();
    this.study.destroy();
    this.panel?.destroy();
  }
}

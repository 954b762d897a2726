// The landscape of a kept run beside that of the present one: the same directions, the same heights, the same colours.
import { make } from "../../kit/dom.js";
import { number } from "../../kit/numbers.js";
import { PlotlyPanel } from "../../kit/plotly_panel.js";
import { Asker } from "./landscape_ask.js";
import { shelfOf } from "./landscape_kept.js";

export class Beside {
  /** @param {{board: object, height: number, options: () => object, read: (arrays: object) => object, figure: (picture: object, panel: PlotlyPanel) => object, changed: () => void}} of */
  constructor(root, of) {
    Object.assign(this, of, { picture: null, shown: null, looked: "" });
    this.shelf = shelfOf(this.board);
    this.root = root;
    this.box = make("div", { style: "min-width:0" });
    this.caption = make("p", { style: "margin:0 0 4px;font-size:14px;font-weight:600" });
    this.panel = null;
    this.asker = new Asker(this.board, "landscape", {
      options: () => ({ ...this.options(), of: this.shelf.chosen }),
      answered: (arrays) => {
        this.picture = this.read(arrays);
        this.tell();
        this.changed();
      },
      failed: (sentence) => (this.caption.textContent = sentence),
    });
    this.box.append(this.caption, this.asker.bar);
    this.off = this.board.on("beside", () => this.begin());
    if (this.shelf.beside) this.begin();
  }

  /** Another run stands beside, or none. */
  begin() {
    this.picture = null;
    if (!this.shelf.beside) {
      this.box.remove();
      this.changed();
      return;
    }
    this.root.append(this.box);
    this.panel ??= new PlotlyPanel(this.box, { height: this.height, label: "The loss around the weights of the kept run" });
    this.caption.textContent = `${this.shelf.words(this.shelf.beside)}…`;
    this.ask();
  }

  /** Something that both pictures share was chosen. */
  ask() {
    if (this.shelf.beside) this.asker.ask({ instead: true });
    else this.changed();
  }

  tell() {
    const one = this.shelf.beside;
    if (one && this.picture) this.caption.textContent = `${this.shelf.words(one)}, ${this.picture.split} loss ${number(this.picture.path.at(-1)?.truth, 3)}`;
  }

  /** `look`: what the picture depends on beside its numbers; it is drawn again only where that is another. */
  draw(look) {
    if (!this.picture || !this.panel || (look === this.looked && this.shown === this.picture)) return;
    this.looked = look;
    this.shown = this.picture;
    this.panel.show(() => this.figure(this.picture, this.panel));
  }

  resize() {
    this.panel?.resize();
  }

  destroy() {
    this.off();
    this.asker.destroy();
    this.panel?.destroy();
  }
}

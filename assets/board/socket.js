/**
 * The live connection: opens, reopens with growing pauses, hands over decoded messages and pays for frames with acks.
 *
 * One ack buys one frame and two may be on their way, so a tab that does not draw (hidden, busy, closed) falls silent
 * and the server stops sending. What arrives between two animation frames is merged; the newest is drawn.
 * Inflating takes a while: what comes after a compressed message waits for it, so that all keep their order.
 *
 * @import { Message } from "./board.js"
 * @import { Answer, Events, Frame, Scene, Sent } from "../kit/types.d.ts"
 * @typedef {ReturnType<typeof connect>} Connection
 */
import { decode, encode, inflate, isCompressed } from "./wire.js";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
const DOUBT = 3; // refusals in a row after which the server is asked whether it is there at all
const EACH = new Set(["set", "edit", "point", "step", "ask", "cancel", "undo", "redo"]); // of the others only the newest of a name is worth sending
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]", "::1"]);

/**
 * @param {string} path such as "/live/ws/<token>"
 * @param {{message: (m: Scene | Frame | Answer) => void, text: (m: Message) => void, state: (name: Events["state"]) => void}} on
 */
export function connect(path, on) {
  /** @type {WebSocket | null} */
  let socket = null;
  let tries = 0;
  let timer = 0;
  let closed = false;
  let squeezed = false; // whether messages may come compressed
  /** @type {Promise<unknown>} the hand-over of what has come so far */
  let inOrder = Promise.resolve();
  /** @type {[string, unknown][]} */
  const waiting = []; // commands given while there is no connection
  const self = { received: 0, bytes: 0, send, ack, close, drop: () => socket?.close() };

  function address() {
    const url = new URL(path, document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    squeezed = !LOCAL.has(url.hostname);
    if (squeezed) url.searchParams.set("z", "1");
    return url;
  }

  function open() {
    clearTimeout(timer);
    if (closed) return;
    on.state(tries ? "lost" : "connecting");
    const mine = new WebSocket(address());
    socket = mine;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      for (const [name, argument] of waiting.splice(0)) send(name, argument); // what is sent on "open" is newer
      on.state("open");
    };
    socket.onmessage = (event) => receive(event.data, mine);
    socket.onclose = () => {
      if (closed || mine !== socket) return;
      on.state("lost");
      if (tries + 1 >= DOUBT) ask(mine);
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries++);
      timer = setTimeout(open, pause * (0.75 + Math.random() / 2)); // a class that lost its network does not come back in one instant
    };
  }

  /** A server that answers and still refuses the socket does not have the run any more: it was closed, or restarted. It never comes back. */
  async function ask(/** @type {WebSocket} */ refused) {
    const answer = await fetch(new URL(path.replace(/live\/ws\/.*/, "healthz"), document.baseURI)).catch(() => null);
    if (!answer?.ok || closed || socket !== refused) return;
    close();
    on.state("gone");
  }

  function receive(/** @type {string | ArrayBuffer} */ data, /** @type {WebSocket} */ from) {
    if (closed || from !== socket) return;
    tries = 0;
    self.received += 1;
    if (typeof data !== "string") self.bytes += data.byteLength;
    if (squeezed) inOrder = inOrder.then(() => whole(data)).then((plain) => hand(plain, from)).catch((error) => console.error("Message", error)); // the next one may be sound
    else hand(data, from);
  }

  function hand(/** @type {string | ArrayBuffer} */ data, /** @type {WebSocket} */ from) {
    if (closed || from !== socket) return;
    if (typeof data === "string") on.text(JSON.parse(data));
    else on.message(decode(data));
  }

  /**
   * `arrays` go as bytes with the command; without a connection only commands without arrays wait for one.
   * @param {string} name @param {unknown} argument @param {Record<string, Sent>} [arrays] @returns {"sent" | "waits" | "lost"}
   */
  function send(name, argument, arrays) {
    if (socket?.readyState === WebSocket.OPEN) {
      socket.send(arrays ? encode(name, argument, arrays) : JSON.stringify([name, argument ?? null]));
      return "sent";
    }
    if (closed || arrays || name === "ack") return "lost";
    const [last, before] = waiting.at(-1) ?? [];
    if (name === "set" && last === "set") waiting.splice(-1, 1, [name, merged(before, argument)]);
    else if (EACH.has(name)) waiting.push([name, argument]);
    else waiting.splice(0, Infinity, ...waiting.filter(([known]) => known !== name), [name, argument]);
    return "waits";
  }

  /** `version`: of the experiment that the drawn frame shows; 0 where it was not drawn. */
  function ack(/** @type {number} */ version) {
    send("ack", version);
  }

  /** Back at once when the machine says that the network is there again. */
  const online = () => {
    if (socket?.readyState === WebSocket.CLOSED) open();
  };

  function close() {
    closed = true;
    clearTimeout(timer);
    window.removeEventListener("online", online);
    socket?.close();
  }

  window.addEventListener("online", online);
  open();
  return self;
}

/** A message as it was before it was compressed. @param {string | ArrayBuffer} data */
const whole = (data) => (typeof data !== "string" && isCompressed(data) ? inflate(data) : data);

/** Two changes of the experiment as one. @param {any} first @param {any} second */
const merged = (first, second) => ({ changes: { ...first.changes, ...second.changes }, version: second.version });

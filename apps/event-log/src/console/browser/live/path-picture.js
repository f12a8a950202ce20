import { ref } from '../directives.js';
import { html, svg } from '../vendor.js';

/** @typedef {import('./path-layers.js').Layer} Layer */
/** @typedef {import('./path-layers.js').Node} Node */

const HEALTH = { here: 'well', late: 'late', gone: 'gone', nobody: 'no owner', many: 'not all well' };

/** The path as a picture: lists of what stands side by side, and lines between them that are drawn where these have come to stand. */
export class PathPicture {
  /** @type {HTMLElement | undefined} */
  #frame;
  /** @type {Layer[]} */
  #layers = [];
  #watch = new ResizeObserver(() => this.#link());

  /** @param {Layer[]} layers */
  view(layers) {
    this.#layers = layers;
    queueMicrotask(() => this.#link());
    return html`<div class="path" ${ref(this.#placed)}>
      <svg class="links" aria-hidden="true"></svg>
      ${layers.map(
        ({ title, nodes }) =>
          html`<section class="layer" aria-label=${title}>
            <h3>${title}</h3>
            <ul>
              ${nodes.map(nodeView)}
            </ul>
          </section>`,
      )}
    </div>`;
  }

  /** One function for all drawings of the page, as {@link ref} wants it. @param {Element | undefined} frame */
  #placed = (frame) => {
    this.#watch.disconnect();
    this.#frame = /** @type {HTMLElement | undefined} */ (frame);
    if (frame) this.#watch.observe(frame);
  };

  /** Draws the lines from where each node is to where those are that it sends to; ids of a folded node are those of all it stands for. */
  #link() {
    const frame = this.#frame;
    const lines = frame?.querySelector('.links');
    if (!frame || !lines) return;
    const origin = frame.getBoundingClientRect();
    /** @type {Map<string, DOMRect>} */
    const boxes = new Map();
    for (const element of frame.querySelectorAll('[data-node]'))
      for (const id of (element.getAttribute('data-node') ?? '').split(','))
        boxes.set(id, element.getBoundingClientRect());
    const nodes = this.#layers.flatMap((layer) => layer.nodes);
    const paths = nodes.flatMap((node) =>
      node.to.map((to) => between(boxes.get(node.id.split(',')[0] ?? ''), boxes.get(to), origin)),
    );
    lines.setAttribute('viewBox', `0 0 ${origin.width} ${origin.height}`);
    const wanted = [...new Set(paths)].filter((path) => path !== '').join('');
    const drawn =
      lines.querySelector('path') ??
      lines.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
    if (drawn.getAttribute('d') !== wanted) drawn.setAttribute('d', wanted);
  }
}

/** @param {DOMRect | undefined} from @param {DOMRect | undefined} to @param {DOMRect} origin */
function between(from, to, origin) {
  if (!from || !to) return '';
  const [x, y] = [from.right - origin.left, from.top + from.height / 2 - origin.top];
  const [endX, endY] = [to.left - origin.left, to.top + to.height / 2 - origin.top];
  const middle = (x + endX) / 2;
  return `M${x} ${y}C${middle} ${y} ${middle} ${endY} ${endX} ${endY}`;
}

/** @param {Node} node */
const nodeView = ({ id, name, health, lines, load }) =>
  html`<li class="node ${health}" data-node=${id}>
    <b>${name}</b> <span class="health">${HEALTH[health]}</span>
    ${lines.map((line) => html`<small>${line}</small>`)}
    <svg class="load" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
      ${svg`<rect width=${Math.round(100 * load)} height="3"></rect>`}
    </svg>
  </li>`;

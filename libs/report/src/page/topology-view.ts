import type { Topology, TopologyNode } from '../topology';
import { markup, type Markup, type Part } from './markup';

interface Layout {
  name: 'across' | 'down';
  /** Nodes of a layer that are drawn; the last one stands for all others. */
  most: number;
  nodeWidth: number;
  width: number;
  /** Letters that a node's name has room for. */
  letters: number;
}

const ACROSS: Layout = { name: 'across', most: 8, nodeWidth: 148, width: 1000, letters: 17 };
const DOWN: Layout = { name: 'down', most: 3, nodeWidth: 112, width: 360, letters: 12 };
const HEIGHT = 42;
const GAP = 12;
const HEAD = 26;
const STRIDE = 96;

interface Place {
  x: number;
  y: number;
}

interface Drawn extends TopologyNode {
  place: Place;
}

/** The way of a fault as a picture: from left to right, and from top to bottom for narrow screens. */
export function topologyView(topology: Topology): Markup {
  return markup`<div class="topology">${[ACROSS, DOWN].map((layout) => picture(topology, layout))}</div>`;
}

function picture({ layers }: Topology, layout: Layout): Markup {
  const folded = foldLayers(layers, layout.most);
  const longest = Math.max(...folded.map(({ nodes }) => nodes.length));
  const height =
    layout.name === 'across'
      ? HEAD + longest * (HEIGHT + GAP)
      : (folded.length - 1) * STRIDE + HEAD + HEIGHT + 2;
  const drawn = folded.map(({ nodes }, layer) =>
    nodes.map((node, place): Drawn => ({
      ...node,
      place: placeOf(layout, layer, place, nodes.length, height),
    })),
  );
  const titles = folded.map(({ title }, layer) =>
    layout.name === 'across'
      ? markup`<text class="layer" x="${columnOf(layout, layer) + layout.nodeWidth / 2}" y="12" text-anchor="middle">${title}</text>`
      : markup`<text class="layer" x="2" y="${layer * STRIDE + 14}">${title}</text>`,
  );
  const links = drawn.flatMap((nodes, layer) =>
    nodes.flatMap((node) =>
      node.to.map((target) => link(layout, node.place, drawn[layer + 1]?.[target]?.place)),
    ),
  );
  const boxes = drawn.flatMap((nodes) => nodes.map((node) => box(node, layout)));
  return markup`<svg class="${layout.name}" viewBox="0 0 ${layout.width} ${height}" role="img" aria-label="devices, IOMMUs, IOPF queues, workers and mm shards, and who sends to whom">${links}${titles}${boxes}</svg>`;
}

/** Layers of at most so many nodes; links to those that were folded go to the node that stands for them. */
function foldLayers(layers: Topology['layers'], most: number): Topology['layers'] {
  return layers.map(({ title, nodes }, layer) => {
    const next = layers[layer + 1]?.nodes.length ?? 0;
    const target = (place: number): number => (next > most && place >= most - 1 ? most - 1 : place);
    const folded = nodes.map((node) => ({
      ...node,
      to: [...new Set(node.to.filter((to) => to >= 0).map(target))],
    }));
    if (folded.length <= most) return { title, nodes: folded };
    const rest = folded.slice(most - 1);
    const to = [...new Set(rest.flatMap((node) => node.to))];
    const more: TopologyNode = { name: `${rest.length} more`, detail: title, to };
    return { title, nodes: [...folded.slice(0, most - 1), more] };
  });
}

const columnOf = ({ width, nodeWidth }: Layout, layer: number): number =>
  1 + (layer * (width - nodeWidth - 2)) / 4;

function placeOf(layout: Layout, layer: number, place: number, count: number, height: number): Place {
  if (layout.name === 'across') {
    const used = count * HEIGHT + (count - 1) * GAP;
    const top = HEAD + (height - HEAD - used) / 2;
    return { x: columnOf(layout, layer), y: top + place * (HEIGHT + GAP) };
  }
  const used = count * layout.nodeWidth + (count - 1) * GAP;
  return { x: (layout.width - used) / 2 + place * (layout.nodeWidth + GAP), y: layer * STRIDE + HEAD };
}

function link({ name, nodeWidth }: Layout, from: Place, to: Place | undefined): Part {
  if (!to) return null;
  const [begin, end] =
    name === 'across'
      ? [
          { x: from.x + nodeWidth, y: from.y + HEIGHT / 2 },
          { x: to.x, y: to.y + HEIGHT / 2 },
        ]
      : [
          { x: from.x + nodeWidth / 2, y: from.y + HEIGHT },
          { x: to.x + nodeWidth / 2, y: to.y },
        ];
  const middle = name === 'across' ? (begin.x + end.x) / 2 : (begin.y + end.y) / 2;
  const [one, other] =
    name === 'across'
      ? [`${middle} ${begin.y}`, `${middle} ${end.y}`]
      : [`${begin.x} ${middle}`, `${end.x} ${middle}`];
  return markup`<path d="M${begin.x} ${begin.y}C${one} ${other} ${end.x} ${end.y}"/>`;
}

function box({ name, detail, place }: Drawn, { nodeWidth, letters }: Layout): Markup {
  const middle = place.x + nodeWidth / 2;
  return markup`<g><title>${name}: ${detail}</title><rect x="${place.x}" y="${place.y}" width="${nodeWidth}" height="${HEIGHT}" rx="5"/><text class="name" x="${middle}" y="${place.y + 18}" text-anchor="middle">${shorten(name, letters)}</text><text class="detail" x="${middle}" y="${place.y + 33}" text-anchor="middle">${shorten(detail, letters + 4)}</text></g>`;
}

const shorten = (text: string, letters: number): string =>
  text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;

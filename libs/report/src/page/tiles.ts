import { markup, type Markup } from './markup';

/** A number that stands large at the top of a page: its name, it, and what it is of. */
export type Tile = [name: string, value: string, note: string];

export const tilesView = (tiles: readonly Tile[]): Markup =>
  markup`<dl class="tiles">${tiles.map(
    ([name, value, note]) => markup`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl>`;

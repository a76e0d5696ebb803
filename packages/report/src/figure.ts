import type { Element } from './drawing/tree.js';
import type { DataTable } from './data-table.js';

/** A figure as a tree, before it is serialised into the page and its own file. */
export interface Figure {
  /** Unique on the page; also the file name: `accuracy-cost`. */
  readonly id: string;
  readonly title: string;
  /** Describes the figure, in sentences. */
  readonly caption: string;
  readonly tree: Element;
  /** The plotted data, for readers who cannot see the figure. */
  readonly table: DataTable;
}

import type { Element } from './drawing/tree.js';
import type { DataTable } from './data-table.js';

/** A figure before it is text: a tree for the page and for its file. */
export interface Figure {
  /** Unique on the page, and the name of its file: `accuracy-cost`. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen, in sentences. */
  readonly caption: string;
  readonly tree: Element;
  /** What is drawn, for those who cannot see it. */
  readonly table: DataTable;
}

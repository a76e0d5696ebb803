import type { Element } from '../drawing/tree.js';
import { h } from 'hastscript';
import type { DataTable } from '../data-table.js';
import { plainText } from '../drawing/plain-text.js';

/**
 * A table of the page, with column and row headings so that a screen reader can announce a cell's position.
 *
 * @param id - id of the caption, unique on the page
 */
export function tableTree(id: string, { caption, columns, rows }: DataTable): Element {
  const kind = (column: number): { className?: string[] } =>
    columns[column]?.isNumeric ? { className: ['number'] } : {};
  // wide tables scroll within the page, by keyboard too, hence the tab stop and its name
  return h('div', { className: ['scroll'], role: 'group', ariaLabelledBy: id, tabIndex: 0 }, [
    h('table', [
      h('caption', { id }, plainText(caption)),
      h(
        'thead',
        h(
          'tr',
          columns.map(({ head }, column) => h('th', { scope: 'col', ...kind(column) }, plainText(head))),
        ),
      ),
      h(
        'tbody',
        rows.map((row) =>
          h(
            'tr',
            row.map((cell, column) =>
              column === 0
                ? h('th', { scope: 'row' }, plainText(cell))
                : h('td', kind(column), plainText(cell)),
            ),
          ),
        ),
      ),
    ]),
  ]);
}

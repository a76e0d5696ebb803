import { h } from 'hastscript';
import type { Element, ElementContent } from '../drawing/tree.js';
import { plainText } from '../drawing/plain-text.js';
import type { Figure } from '../figure.js';
import { htmlDocument } from './serialise.js';
import { style } from './style.js';
import { tableTree } from './table-tree.js';

/** Nothing is fetched and no script runs, even if the name of a run contains markup. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A section of a page. */
export interface PageSection {
  readonly title: string;
  readonly content: readonly ElementContent[];
}

/** What a page holds. */
export interface ReportPage {
  readonly title: string;
  /** Paragraphs under the title. */
  readonly summary: readonly Element[];
  readonly sections: readonly PageSection[];
  /** Where everything comes from. */
  readonly footer: string;
}

/** A whole page, with its contents, as HTML. */
export function reportPage({ title, summary, sections, footer }: ReportPage): string {
  const named = sections.map((section) => ({
    ...section,
    id: section.title.toLowerCase().replaceAll(' ', '-'),
  }));
  const tree = h(null, [
    { type: 'doctype' },
    h('html', { lang: 'en' }, [
      h('head', [
        h('meta', { charSet: 'utf-8' }),
        h('title', plainText(title)),
        h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
        h('meta', { httpEquiv: 'Content-Security-Policy', content: POLICY }),
        h('style', style),
      ]),
      h('body', [
        h('header', [h('h1', plainText(title)), ...summary]),
        h(
          'nav',
          { ariaLabel: 'Contents' },
          h(
            'ol',
            named.map((section) => h('li', h('a', { href: `#${section.id}` }, section.title))),
          ),
        ),
        h(
          'main',
          named.map((section) =>
            h('section', { ariaLabelledBy: section.id }, [
              h('h2', { id: section.id }, section.title),
              ...section.content,
            ]),
          ),
        ),
        h('footer', h('p', footer)),
      ]),
    ]),
  ]);
  return htmlDocument(tree);
}

/** A figure with its caption, and its data as a table. */
export function figureTree({ id, title, caption, tree, table }: Figure): Element[] {
  return [
    h('figure', { id }, [tree, h('figcaption', [h('strong', plainText(`${title}. `)), plainText(caption)])]),
    ...(table.rows.length === 0
      ? []
      : [
          h('details', [
            h('summary', plainText(`Data of the figure: ${title}`)),
            tableTree(`${id}-data`, table),
          ]),
        ]),
  ];
}

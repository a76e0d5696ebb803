import type { Element, Root } from '../drawing/tree.js';
import { toHtml } from 'hast-util-to-html';

/** A tree of SVG as a document of XML. */
export function svgDocument(tree: Element): string {
  const text = toHtml(tree, { space: 'svg', closeEmptyElements: true });
  return `${text.replaceAll(']]>', ']]&#x3E;')}\n`; // which HTML allows and XML does not
}

/** A tree of HTML as a document. */
export function htmlDocument(tree: Root): string {
  return `${toHtml(tree, { closeEmptyElements: true, upperDoctype: true })}\n`;
}

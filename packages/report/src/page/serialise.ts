import type { Element, Root } from '../drawing/tree.js';
import { toHtml } from 'hast-util-to-html';

/** Serialises an SVG tree as an XML document. */
export function svgDocument(tree: Element): string {
  const text = toHtml(tree, { space: 'svg', closeEmptyElements: true });
  return `${text.replaceAll(']]>', ']]&#x3E;')}\n`; // HTML allows this sequence, XML does not
}

/** Serialises an HTML tree as a document. */
export function htmlDocument(tree: Root): string {
  return `${toHtml(tree, { closeEmptyElements: true, upperDoctype: true })}\n`;
}

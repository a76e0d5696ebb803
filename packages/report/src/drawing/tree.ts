import type { Result } from 'hastscript';

/** An element of HTML or SVG as plain data. @see https://github.com/syntax-tree/hast */
export type Element = Extract<Result, { readonly type: 'element' }>;

/** A document. */
export type Root = Extract<Result, { readonly type: 'root' }>;

/** A child of an element. */
export type ElementContent = Element['children'][number];

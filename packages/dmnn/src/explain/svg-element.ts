import { printable } from '@dmnn/foundation';

/** A piece of a picture that is written already: never escaped again. */
export interface Svg {
  readonly svg: string;
}

/** What an element holds: text is escaped, pictures are not. */
export type SvgChild = string | Svg;

/**
 * An element of a picture. Whatever comes in as text stays text.
 *
 * @param attributes - numbers are written with two decimals at most
 */
export function svgElement(
  name: string,
  attributes: { readonly [attribute: string]: string | number },
  ...children: readonly SvgChild[]
): Svg {
  const written = Object.entries(attributes)
    .map(
      ([attribute, value]) =>
        ` ${attribute}="${escaped(typeof value === 'number' ? numberText(value) : value)}"`,
    )
    .join('');
  const within = children.map((child) => (typeof child === 'string' ? escaped(child) : child.svg)).join('');
  return { svg: within === '' ? `<${name}${written}/>` : `<${name}${written}>${within}</${name}>` };
}

function numberText(value: number): string {
  return String(Math.round(100 * value) / 100);
}

function escaped(text: string): string {
  const names: { readonly [character: string]: string } = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return printable(text, Infinity).replace(/[&<>"']/g, (character) => names[character] as string);
}

import { builtInNames } from './built-in-names.js';
import * as shapes from './built-in-shapes.js';
import type { Shape } from './built-in-shapes.js';

/** How an object is filled. */
export type Texture = 'plain' | 'striped' | 'checked' | 'spotted' | 'hollow';

/** The properties that all images of a class share. Everything else about an image is drawn at random. */
export interface BuiltInClass {
  readonly name: string;
  readonly shape: Shape;
  readonly texture: Texture;
  /** Hue in turns (0 red, 1/3 green, 2/3 blue). */
  readonly hue: number;
  /** Largest deviation of an image's hue from `hue`, in turns, to either side. */
  readonly hueSpread: number;
  /** Turns from upright, to either side; set if the class is defined by its direction. */
  readonly tilt?: number;
}

/** A shape with its five classes. */
export interface BuiltInCategory {
  readonly name: string;
  /** The property in which its classes differ. */
  readonly distinguishedBy: 'colour' | 'texture' | 'direction' | 'number';
  readonly classes: readonly BuiltInClass[];
}

/**
 * The 20 shapes of the built-in data and their 5 classes each. In five shapes the classes differ by colour, in
 * five by texture, in five by direction, in five by number, so which features matter depends on the category. Where
 * colour does not define the class, it hints at the category. A mirrored image has the same class, because training
 * flips images.
 */
export function builtInCategories(): readonly BuiltInCategory[] {
  const { disc, square, triangle, heart, ring, cross, diamond, drop, egg, shield } = shapes;
  const { arrow, crescent, dome, tee, pie, star, flower, bars, pips, comb } = shapes;
  return [
    ...byColour({ disc, square, triangle, heart, ring }),
    ...byTexture({ cross, diamond, drop, egg, shield }),
    ...byDirection({ arrow, crescent, dome, tee, pie }),
    ...byNumber({ star, flower, bars, pips, comb }),
  ];
}

/** The name of a shape's k-th class. */
function className(shape: string, k: number): string {
  return builtInNames[shape]?.[k] as string;
}

type Named<Value> = Readonly<Record<string, Value>>;

function byColour(named: Named<Shape>): BuiltInCategory[] {
  const hues = [0, 0.15, 0.36, 0.62, 0.82]; // red, yellow, green, blue, purple
  return Object.entries(named).map(([name, shape]) => ({
    name,
    distinguishedBy: 'colour',
    classes: hues.map((hue, k) => ({
      name: className(name, k),
      shape,
      texture: 'plain' as const,
      hue,
      hueSpread: 0.03,
    })),
  }));
}

/** The five shapes share the colour wheel; their ranges of hue overlap. */
function favouriteHue(fifth: number): { hue: number; hueSpread: number } {
  return { hue: fifth / 5, hueSpread: 0.15 };
}

function byTexture(named: Named<Shape>): BuiltInCategory[] {
  const textures: Texture[] = ['plain', 'striped', 'checked', 'spotted', 'hollow'];
  return Object.entries(named).map(([name, shape], fifth) => ({
    name,
    distinguishedBy: 'texture',
    classes: textures.map((texture, k) => ({
      name: className(name, k),
      shape,
      texture,
      ...favouriteHue(fifth),
    })),
  }));
}

function byDirection(named: Named<Shape>): BuiltInCategory[] {
  const eighthsOfTurns = [0, 1, 2, 3, 4]; // from up to down
  return Object.entries(named).map(([name, shape], fifth) => ({
    name,
    distinguishedBy: 'direction',
    classes: eighthsOfTurns.map((eighths) => ({
      name: className(name, eighths),
      shape,
      texture: 'plain' as const,
      tilt: eighths / 8,
      ...favouriteHue(fifth),
    })),
  }));
}

function byNumber(named: Named<(count: number) => Shape>): BuiltInCategory[] {
  const first: Readonly<Record<string, number>> = { star: 3, flower: 3 };
  return Object.entries(named).map(([name, ofCount], fifth) => ({
    name,
    distinguishedBy: 'number',
    classes: [0, 1, 2, 3, 4].map((more) => {
      const shape = ofCount((first[name] ?? 2) + more);
      return { name: className(name, more), shape, texture: 'plain' as const, ...favouriteHue(fifth) };
    }),
  }));
}

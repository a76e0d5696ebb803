import type { Architecture, BlockKind } from '@dmnn/architecture';

/** What every builder takes and no name says. */
export interface Task {
  readonly classes?: number | undefined;
  readonly imageSizePx?: number | undefined;
}

/** The parts of a name; undefined where the name leaves them out. */
export type NameParts = Readonly<Record<string, string | undefined>>;

/** Where others have published weights of the same networks, under names of their own. */
export type PretrainedLibrary = 'torchvision' | 'timm';

/** Where a unit or layer of ours stands → where it stands in theirs; a pair is convolution and batch norm. */
export type PretrainedNames = Readonly<Record<string, string | readonly [string, string]>>;

/** What a builder makes of a name. */
export interface BuildOptions extends Task {
  /** Whether the network will be divided; changes defaults only. */
  readonly divided: boolean;
}

/**
 * Backbones of one kind: all that the zoo, the command line and the import of weights ask about them. Each stands in the
 * file of its builder, and in the list of `families.ts`.
 */
export interface Family {
  /** How the names look, for people: `resnet{18|34|50}[-WIDTH]`. */
  readonly form: string;
  /** A usual name. */
  readonly example: string;
  /** Names that the zoo lists. */
  readonly names: readonly string[];
  /** Names of divided networks that the zoo lists. */
  readonly dividedNames: readonly string[];
  /** Takes a name apart; named groups are what {@link Family.build} reads. No name fits two families. */
  readonly pattern: RegExp;
  /** What the pattern cannot say, such as a rule for the depth. */
  accepts?(parts: NameParts): boolean;
  /** Kinds of the blocks that its networks have. */
  readonly blocks: readonly BlockKind[];
  /** Whether a network of another `width` is a slice of a wider one, so that slimmable networks are made of it. */
  readonly slimmable: boolean;
  build(parts: NameParts, options: BuildOptions): Architecture;
  /** What stands between `dmnn` and `-nN` in the name of a divided network. @defaultValue `-` and the backbone's name */
  dividedName?(backboneName: string): string;
  /**
   * What a library calls the variables of an undivided network.
   *
   * @returns undefined if the network is not of this form, or the library has none like it
   */
  pretrainedNames?(architecture: Architecture, library: PretrainedLibrary): PretrainedNames | undefined;
}

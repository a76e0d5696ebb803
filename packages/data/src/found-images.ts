/** Files of one kind that a loader found and did not take as images. */
export interface PassedOver {
  /** Why, and what they are: `not read`, `hidden`, `without a class`, `link to a folder above`. */
  readonly reason: string;
  /** What they are: files, members of a tar archive, folders. */
  readonly unit: 'file' | 'member' | 'folder';
  /** Their extension with its point, such as `.bmp`, if the reason is about their format. */
  readonly extension?: string | undefined;
  /** How many. */
  readonly count: number;
  /** The first of them: a path in the data set. */
  readonly example: string;
}

/** What a loader found when it opened a data set. */
export interface FoundImages {
  /** Classes with at least one image. */
  readonly classes: number;
  /** What was passed over, by kind; empty if everything was taken. */
  readonly passedOver: readonly PassedOver[];
  /** What else is worth knowing, one sentence each. */
  readonly remarks: readonly string[];
}

import type { TarMember } from './tar-members.js';

/** The members of an archive by path, with links resolved. */
export class TarFiles {
  /** Indices of the members of each path: a number if there is one, as there almost always is. */
  readonly #indices = new Map<string, number | number[]>();

  constructor(readonly members: readonly TarMember[]) {
    for (const [index, { path }] of members.entries()) {
      const same = this.#indices.get(path);
      if (same === undefined) this.#indices.set(path, index);
      else if (typeof same === 'number') this.#indices.set(path, [same, index]);
      else same.push(index);
    }
  }

  /** Whether a member other than a folder has this path. */
  has(path: string): boolean {
    return this.#at(path).some((index) => this.members[index]?.kind !== 'folder');
  }

  #at(path: string): readonly number[] {
    const found = this.#indices.get(path) ?? [];
    return typeof found === 'number' ? [found] : found;
  }

  /**
   * The place of the content of a path, through links.
   *
   * @returns what is there instead of a file, in words, if it is none
   */
  find(path: string): TarMember | string {
    let wanted = path;
    let before = Infinity;
    for (let hop = 0; hop < 32; hop++) {
      const found = this.#at(wanted);
      const [index = -1] = found;
      const member = this.members[index];
      const got = (what: string): string => (hop === 0 ? what : `a link to ${wanted}, ${what}`);
      if (!member) return got('nothing in the archive');
      if (found.length > 1) return got(`${found.length} members of that name`);
      if (index >= before) return got('a member after it');
      if (member.kind === 'file') return member;
      if (member.target === undefined) return got(inWords(member));
      // a hard link names a member that came before it
      before = member.kind === 'hard link' ? index : Infinity;
      wanted = member.target;
    }
    return 'a link that leads in a circle';
  }
}

function inWords({ kind }: TarMember): string {
  return kind === 'other' ? 'a device or another special file' : `a ${kind}`;
}

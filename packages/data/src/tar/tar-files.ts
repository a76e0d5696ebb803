import type { TarMember } from './tar-members.js';

/** The members of an archive by path, with links resolved. */
export class TarFiles {
  /** Indices of the members of each path: a number if there is one, as there almost always is. */
  readonly #indices = new Map<string, number | number[]>();

  #folders: ReadonlySet<string> | undefined;

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

  /** Whether members lie below a path; folders need no members of their own. */
  #isFolder(path: string): boolean {
    this.#folders ??= foldersOf(this.members);
    return this.#folders.has(path);
  }

  /**
   * The place of the content of a path, through links.
   *
   * @returns what is there instead of a file, in words, if it is none
   */
  find(path: string): TarMember | string {
    let wanted = path;
    let before = Infinity;
    let link = '';
    for (let hop = 0; hop < 32; hop++) {
      const found = this.#at(wanted);
      const [index = -1] = found;
      const member = this.members[index];
      const got = (what: string): string => (hop === 0 ? what : `${link} to ${wanted}, ${what}`);
      if (!member) return got(this.#isFolder(wanted) ? 'a folder' : 'nothing in the archive');
      if (found.length > 1) return got(`${found.length} members of that name`);
      if (index >= before) return got('a member after it');
      if (member.kind === 'file') return member;
      if (member.target === undefined) return got(inWords(member));
      // a hard link names a member that came before it
      link = `a ${member.kind}`;
      before = member.kind === 'hard link' ? index : Infinity;
      wanted = member.target;
    }
    return 'a link that leads in a circle';
  }

  /** What a symbolic link leads to, if it is no file: `symbolic link to a folder`. Undefined for anything else. */
  linkToNoFile(path: string): string | undefined {
    const [index = -1] = this.#at(path);
    if (this.members[index]?.kind !== 'symbolic link') return undefined;
    const found = this.find(path);
    if (typeof found !== 'string') return undefined;
    return found.endsWith(', a folder')
      ? 'symbolic link to a folder'
      : 'symbolic link to no file of the archive';
  }
}

function foldersOf(members: readonly TarMember[]): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const { path } of members) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

function inWords({ kind, outside }: TarMember): string {
  if (outside !== undefined) return `a symbolic link to ${outside}, outside of the archive`;
  return kind === 'other' ? 'a device or another special file' : `a ${kind}`;
}

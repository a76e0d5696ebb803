import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DataError } from '../data-error.js';
import type { PassedOver } from '../found-images.js';
import { PassedOverFiles } from '../found/passed-over-files.js';
import { pathOf, systemPath } from '../system-path.js';
import { byCodePoints, byCodeUnits, entriesOf } from './folder-entries.js';

/** The images of one class. */
interface ClassFolder {
  /** The folder's name. */
  readonly name: string;
  /** Paths below the data set's folder, `/` between their parts; by folder, then by name. */
  readonly images: readonly string[];
}

/** What lies in a folder of class folders. */
export interface ClassFolders {
  /** Sorted by code points, as torchvision sorts classes; those without images too. */
  readonly folders: readonly ClassFolder[];
  /** Images next to the class folders, which have no class. */
  readonly flat: readonly string[];
  readonly passedOver: readonly PassedOver[];
}

/**
 * Finds the images in one folder per class, folders within them too, as torchvision's `ImageFolder` does. Links are
 * followed, but each folder is read once: one that lies in the data set belongs to the class in whose folder it lies,
 * and a link to a folder above is passed over.
 *
 * @param root - the folder with the class folders
 * @param remedy - what to do if it cannot be read
 * @throws DataError if a folder cannot be read, or belongs to two classes because of links, or something named as an image
 * is a pipe, a device or a link to nothing
 */
export async function classFoldersIn(root: string, remedy: string): Promise<ClassFolders> {
  const top = await entriesOf(root, '', remedy);
  const [notFile] = top.notFiles;
  if (notFile) throw noFile(join(root, notFile.name), notFile.kind);
  const walk = new ClassFolderWalk(root, await realPath(root), remedy);
  for (const name of top.images)
    walk.passedOver.add({ reason: 'without a class', unit: 'file', example: name });
  for (const name of top.others) walk.passedOver.notRead(name);
  walk.passedOver.addAll(top.passedOver.list());
  // folders themselves first, then links to classes, then links in classes: so it does not depend on their names
  for (const name of top.folders) await walk.read(name, name, 'folder');
  for (const name of top.folderLinks) await walk.follow(name, name, walk.realRoot);
  await walk.followLinks();
  return { folders: walk.folders(), flat: top.images, passedOver: walk.passedOver.list() };
}

interface Owner {
  readonly name: string;
  readonly by: 'folder' | 'link';
}

interface FolderLink {
  readonly name: string;
  readonly path: string;
  /** Real path of the folder that contains the link. */
  readonly from: string;
}

class ClassFolderWalk {
  readonly passedOver = new PassedOverFiles();
  /** Images of each class: folder and name. */
  readonly #images = new Map<string, { readonly folder: string; readonly name: string }[]>();
  /** The class that each folder belongs to, by the folder's real path. */
  readonly #owners = new Map<string, Owner>();
  readonly #links: FolderLink[] = [];

  constructor(
    readonly root: string,
    readonly realRoot: string,
    readonly remedy: string,
  ) {}

  folders(): ClassFolder[] {
    return [...this.#images.keys()].sort(byCodePoints).map((name) => ({
      name,
      images: (this.#images.get(name) ?? [])
        .sort((a, b) => byCodeUnits(a.folder, b.folder) || byCodeUnits(a.name, b.name))
        .map((image) => `${image.folder}/${image.name}`),
    }));
  }

  /** Reads a folder of a class, and those in it. */
  async read(name: string, path: string, by: Owner['by'], real = join(this.realRoot, path)): Promise<void> {
    this.#owners.set(real, { name, by });
    const images = this.#images.get(name) ?? [];
    this.#images.set(name, images);
    const entries = await entriesOf(join(this.root, path), path, this.remedy);
    const [notFile] = entries.notFiles;
    if (notFile) throw noFile(join(this.root, path, notFile.name), notFile.kind);
    for (const image of entries.images) images.push({ folder: path, name: image });
    for (const other of entries.others) this.passedOver.notRead(`${path}/${other}`);
    this.passedOver.addAll(entries.passedOver.list());
    for (const link of entries.folderLinks) this.#links.push({ name, path: `${path}/${link}`, from: real });
    for (const folder of entries.folders) {
      const [below, realBelow] = [`${path}/${folder}`, join(real, folder)];
      if (!this.#isRead(name, below, realBelow)) await this.read(name, below, by, realBelow);
    }
  }

  /** Follows a link of a class to a folder. */
  async follow(name: string, path: string, from: string): Promise<void> {
    const real = await realPath(join(this.root, path));
    if ([from, this.realRoot].some((below) => below === real || below.startsWith(withSeparator(real)))) {
      this.passedOver.add({ reason: 'link to a folder above', unit: 'folder', example: path });
    } else if (!this.#isRead(name, path, real)) await this.read(name, path, 'link', real);
  }

  /** Follows the links in classes, and those that are found on the way. */
  async followLinks(): Promise<void> {
    for (let link = this.#links.shift(); link; link = this.#links.shift()) {
      await this.follow(link.name, link.path, link.from);
    }
  }

  /** Whether a folder is read already, in which case the link to it is counted. */
  #isRead(name: string, path: string, real: string): boolean {
    const owner = this.#owners.get(real);
    if (!owner) return false;
    const isClass = !path.includes('/');
    if (owner.name !== name && (isClass || owner.by === 'link')) {
      throw new DataError({
        file: join(this.root, path),
        expected: 'a folder of one class',
        got: `one that is also read as class ${owner.name}`,
        remedy: 'Remove one of the two links: an image has one class.',
      });
    }
    this.passedOver.add({ reason: 'link to a folder that is read already', unit: 'folder', example: path });
    return true;
  }
}

function noFile(file: string, got: string): DataError {
  return new DataError({
    file,
    expected: 'a file, since it is named as an image',
    got,
    remedy: 'Remove it from the data set, or put the image in its place.',
  });
}

async function realPath(path: string): Promise<string> {
  return pathOf(await realpath(systemPath(path), 'buffer'));
}

function withSeparator(path: string): string {
  return path.endsWith(sep) ? path : `${path}${sep}`;
}

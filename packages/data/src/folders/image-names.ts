import { extname } from 'node:path';

/** Extensions of the formats that are read. */
export const imageExtensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.gif',
  '.tif',
  '.tiff',
  '.avif',
];

/** Whether a file name has the extension of an image format that is read. */
export function isImageName(name: string): boolean {
  return imageExtensions.includes(extname(name).toLowerCase());
}

/** Folders that other systems put next to photographs; Synology's holds thumbnails. */
const systemFolders = ['__MACOSX', '@eaDir'];

/** Whether a file or folder is not for people: `._a.jpg` of macOS, `.DS_Store`, `.git`. */
export function isHiddenName(name: string): boolean {
  return (name.startsWith('.') && name !== '..') || systemFolders.includes(name);
}

// The rooms of a package: its folders, each with all that lies in it, and the files beside them.
import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** More files than this in one folder are a list that nobody reads. */
const MOST_FILES = 35;

/**
 * What is wrong with the folders of a package: those that import one another in a circle, at any depth, and those that
 * hold too many files. A file next to folders counts as a room of its own.
 *
 * @param root - that messages name paths from
 * @param src - the package's folder of sources
 * @param graph - production files and the files that they import, as absolute paths
 * @returns messages
 */
export function folderProblems(root, src, graph) {
  const folders = new Set([...graph.keys()].flatMap((file) => foldersAbove(src, file)));
  return [...folders].flatMap((folder) => {
    const where = relative(root, folder);
    return [...tooFull(folder, graph), ...circles(folder, graph)].map((problem) => `${where}: ${problem}`);
  });
}

function foldersAbove(src, file) {
  const folders = [];
  for (let folder = dirname(file); folder.length >= src.length; folder = dirname(folder))
    folders.push(folder);
  return folders;
}

function tooFull(folder, graph) {
  const files = readdirSync(folder).filter((name) => graph.has(join(folder, name))).length;
  if (files <= MOST_FILES) return [];
  return [`expected at most ${MOST_FILES} production files, got ${files}. Group them into folders.`];
}

function circles(folder, graph) {
  const roomOf = (file) => {
    const path = relative(folder, file);
    return path.startsWith('..') ? undefined : path.split(sep)[0];
  };
  /** Room → room that it imports → one import that shows it. */
  const rooms = new Map();
  for (const [file, imported] of graph) {
    const from = roomOf(file);
    if (from === undefined) continue;
    if (!rooms.has(from)) rooms.set(from, new Map());
    for (const target of imported) {
      const to = roomOf(target);
      if (to === undefined || to === from || rooms.get(from).has(to)) continue;
      rooms.get(from).set(to, `${relative(folder, file)} imports ${relative(folder, target)}`);
    }
  }
  const circle = shortestCircle(rooms);
  if (!circle) return [];
  const imports = circle.map((room, i) => rooms.get(room).get(circle[(i + 1) % circle.length]));
  return [`folders import one another, ${[...circle, circle[0]].join(' → ')}: ${imports.join('; ')}`];
}

function shortestCircle(rooms) {
  let shortest;
  for (const start of rooms.keys()) {
    const trails = [[start]];
    const seen = new Set();
    for (let trail = trails.shift(); trail; trail = trails.shift()) {
      for (const next of rooms.get(trail.at(-1))?.keys() ?? []) {
        if (next === start && (!shortest || trail.length < shortest.length)) shortest = trail;
        if (seen.has(next)) continue;
        seen.add(next);
        trails.push([...trail, next]);
      }
    }
  }
  return shortest;
}

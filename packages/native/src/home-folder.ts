import { homedir, userInfo } from 'node:os';
import { isAbsolute, parse } from 'node:path';

/** Where {@link homeFolder} looks, for tests. */
export interface HomeSources {
  /** What `HOME` says, or the system if it is not set. */
  readonly configured: () => string;
  /** What the system knows of the user. */
  readonly system: () => string;
}

/**
 * The user's folder, always absolute: `HOME` if that is; otherwise, as when it is empty, what the system knows of the user.
 * A relative one would be within the current folder, whose code would then be loaded as the user's own. For a user that
 * the system does not know, it is the root, where only an administrator can have put something.
 */
export function homeFolder(
  sources: HomeSources = { configured: homedir, system: () => userInfo().homedir },
): string {
  for (const source of [sources.configured, sources.system]) {
    try {
      const folder = source();
      if (isAbsolute(folder)) return folder;
    } catch {
      // a user without an entry in the list of users, as in containers
    }
  }
  return parse(process.cwd()).root;
}

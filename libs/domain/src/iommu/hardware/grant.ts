import { Permission, type Permissions } from '../../kernel/vocabulary';

/**
 * What a completion grants of the permissions a page has for this request (R4): all that exists of read and write, execute only
 * if asked for and with read (R5), and the privilege mode of the request as an echo (R6). 0 is a miss (R2): an execute-only page
 * cannot be expressed.
 *
 * `exists` has write only if the page is dirty, or may become so with this request (R7).
 */
export function grant(exists: Permissions, asked: Permissions): Permissions {
  const granted = exists & (Permission.READ | Permission.WRITE);
  if (granted === 0) return 0;
  const execute = (exists & Permission.READ) === 0 ? 0 : exists & asked & Permission.EXECUTE;
  return granted | execute | (asked & Permission.PRIVILEGED);
}

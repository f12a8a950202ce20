import { Permission } from '../../kernel/vocabulary';
import { grant } from './grant';

const { READ, WRITE, EXECUTE, PRIVILEGED } = Permission;
const all = READ | WRITE | EXECUTE;

describe('R4 R5 R6 what a completion grants', () => {
  it.each([
    ['nothing exists', 0, all | PRIVILEGED, 0],
    ['all that exists of read and write, asked for or not', READ | WRITE, READ, READ | WRITE],
    ['not what does not exist', READ, READ | WRITE, READ],
    ['execute if it was asked for', all, READ | EXECUTE, all],
    ['no execute that nobody asked for', all, READ, READ | WRITE],
    ['no execute without read', WRITE | EXECUTE, all, WRITE],
    ['an execute-only page is a miss', EXECUTE, READ | EXECUTE | PRIVILEGED, 0],
    ['the mode is echoed', READ, READ | PRIVILEGED, READ | PRIVILEGED],
    ['the mode comes from the request alone', READ | PRIVILEGED, READ, READ],
  ])('%s', (_what, exists, asked, granted) => {
    expect(grant(exists, asked)).toBe(granted);
  });
});

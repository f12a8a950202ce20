import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromiumPath } from './chromium';

describe('the browser that the tests use', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-path-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function program(name: string, mode = 0o755): string {
    const file = join(folder, name);
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, mode);
    return file;
  }

  it('is the one that was asked for, before any other', () => {
    program('chromium');
    expect(chromiumPath({ CHROMIUM_PATH: '/my/browser', PATH: folder })).toBe('/my/browser');
  });

  it('is the first on PATH that can be run', () => {
    rmSync(join(folder, 'chromium'), { force: true });
    mkdirSync(join(folder, 'chromium'));
    program('chromium-browser', 0o644);
    const file = program('google-chrome');
    expect(chromiumPath({ PATH: [join(folder, 'nowhere'), '', folder].join(delimiter) })).toBe(file);
  });
});

import { FAULTLINE_VERSION } from './version';

it('is the version of the package', () => {
  const { version } = jest.requireActual<{ version: string }>('../../../package.json');
  expect(FAULTLINE_VERSION).toBe(version);
});

import { ConfigError, readConfig } from './config';

describe('readConfig', () => {
  it('names the instance by itself and has a default for everything', () => {
    expect(readConfig('iommu', {})).toMatchObject({
      service: 'iommu',
      instance: expect.stringMatching(/^iommu-.+-\d+$/) as string,
      natsServers: ['nats://127.0.0.1:4222'],
      lab: 'lab',
      logLevel: 'info',
    });
  });

  it('takes several servers', () => {
    expect(readConfig('iommu', { NATS_URL: 'nats://a:1, nats://b:2' }).natsServers).toEqual([
      'nats://a:1',
      'nats://b:2',
    ]);
  });

  it.each([
    [
      { FAULTLINE_LAB: 'My Lab' },
      "environment variable FAULTLINE_LAB is 'My Lab', expected 1 to 40 letters a-z, digits and '-'",
    ],
    [{ LOG_LEVEL: 'loud' }, /^environment variable LOG_LEVEL is 'loud', expected/],
  ])('says which variable is wrong, what it is and what was expected', (variables, message) => {
    expect(() => readConfig('iommu', variables)).toThrow(ConfigError);
    expect(() => readConfig('iommu', variables)).toThrow(message);
  });
});
